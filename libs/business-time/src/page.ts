import { DAY_MS } from './civil-date.js';
import { type Span } from './spans.js';
import { type Zone } from './zone.js';

/**
 * 64 days of a calendar as instants, with running totals. A search is a binary search in one page, and it crosses years one page at a time.
 *
 * A day begins at the first instant whose wall time has its date and ends at the first instant whose wall time has the next date. So days never overlap,
 * a date that a zone skipped (Apia, 2011-12-30) is empty, and an hour that occurs twice around midnight belongs to the day that began first.
 */
export class Page {
  static readonly DAYS = 64;

  /** The begin of each day; the last element is the end of the last day. */
  readonly starts = new Float64Array(Page.DAYS + 1);
  /** Open spans, ascending. */
  readonly from: Float64Array;
  readonly to: Float64Array;
  /** Open milliseconds before the i-th span; the last element is the total of the page. */
  readonly opened: Float64Array;
  /** Working days before the i-th day; the last element is the total of the page. */
  readonly worked = new Uint8Array(Page.DAYS + 1);

  constructor(
    readonly number: number,
    zone: Zone,
    spansOf: (day: number) => readonly Span[],
  ) {
    const spans: [number, number][] = [];
    for (let i = 0; i <= Page.DAYS; i += 1) this.starts[i] = zone.firstInstant((this.firstDay + i) * DAY_MS);
    for (let i = 0; i < Page.DAYS; i += 1) {
      const [start, end] = [at(this.starts, i), at(this.starts, i + 1)];
      const rules = start < end ? spansOf(this.firstDay + i) : [];
      this.worked[i + 1] = at(this.worked, i) + (rules.length > 0 ? 1 : 0);
      for (const [first, last] of rules) {
        const midnight = (this.firstDay + i) * DAY_MS;
        const from = zone.firstInstant(midnight + first * 60_000);
        const to = zone.firstInstant(midnight + last * 60_000);
        if (from < to) spans.push([from, to]);
      }
    }
    this.from = Float64Array.from(spans, (s) => s[0]);
    this.to = Float64Array.from(spans, (s) => s[1]);
    this.opened = new Float64Array(spans.length + 1);
    spans.forEach(([from, to], i) => (this.opened[i + 1] = at(this.opened, i) + (to - from)));
  }

  get firstDay(): number {
    return this.number * Page.DAYS;
  }

  get end(): number {
    return at(this.starts, Page.DAYS);
  }

  get openMs(): number {
    return at(this.opened, this.from.length);
  }

  get workingDays(): number {
    return at(this.worked, Page.DAYS);
  }

  /** Open milliseconds of this page before an instant. */
  openBefore(ms: number): number {
    const i = firstAtLeast(this.from, ms) - 1;
    return i < 0 ? 0 : at(this.opened, i) + Math.min(ms, at(this.to, i)) - at(this.from, i);
  }

  /** The earliest instant before which this page has `openMs` open milliseconds; requires 0 < openMs <= this.openMs. */
  instantAfter(openMs: number): number {
    const i = firstAtLeast(this.opened, openMs) - 1;
    return at(this.from, i) + openMs - at(this.opened, i);
  }

  /** The end of the n-th working day of this page; requires 0 < n <= this.workingDays. */
  endOfWorking(n: number): number {
    return at(this.starts, firstAtLeast(this.worked, n));
  }

  /** The first open instant of this page at or after `ms`; undefined when the rest of the page is closed. */
  nextOpen(ms: number): number | undefined {
    const i = firstAtLeast(this.from, ms);
    if (i > 0 && ms < at(this.to, i - 1)) return ms;
    return this.from[i];
  }
}

/** The element of a list; throws RangeError when the list is too short. */
export function at(list: Float64Array | Uint8Array, i: number): number {
  const value = list[i];
  if (value === undefined) throw new RangeError(`no element ${i} of ${list.length}`);
  return value;
}

/** Index of the first element >= x in an ascending list; the length of the list when there is none. */
function firstAtLeast(list: Float64Array | Uint8Array, x: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at(list, middle) < x) low = middle + 1;
    else high = middle;
  }
  return low;
}
