import { DAY_MS, END_MS, FIRST_MS } from './civil-date.js';

/**
 * An IANA zone as a table of offsets. The offsets are read from Intl once per stretch of time. Wall time is what a clock in the zone shows, written as
 * milliseconds as if the zone were UTC: instant + offset = wall time.
 */

interface Segment {
  readonly from: number;
  readonly to: number;
  readonly offset: number;
}

// A zone reads its offsets in units of 400 days, which take about half a millisecond of Intl.
const STRETCH_MS = 400 * DAY_MS;
// Two changes that cancel out between two samples would be missed. The closest two in any zone since 1880 are a week apart (Recife, 2000).
const SAMPLE_MS = 4 * DAY_MS;
// The largest offset of any zone is smaller than this (Manila before 1844: -15:56).
const LARGEST_OFFSET_MS = 16 * 3_600_000;
// Before 1800 every zone has one constant offset, and Intl counts by the Julian calendar before 1582.
const OLDEST_RULES_MS = Date.UTC(1800, 0, 1);
const MOST_STRETCHES = 400;
const MOST_ZONES = 1_000;

export class Zone {
  private readonly stretches = new Map<number, readonly Segment[]>();
  private last: Segment = { from: 0, to: 0, offset: 0 };

  private constructor(
    readonly name: string,
    private readonly format: Intl.DateTimeFormat,
  ) {}

  private static readonly known = new Map<string, Zone>();

  /** The zone of this name; it is created once. Throws RangeError when the name is unknown. */
  static of(name: string): Zone {
    const known = Zone.known.get(name);
    if (known) return known;
    const zone = new Zone(name, formatOf(name));
    // Intl accepts a name in any case, so without a limit callers could grow this map without end.
    if (Zone.known.size >= MOST_ZONES) Zone.known.clear();
    Zone.known.set(name, zone);
    return zone;
  }

  /** Milliseconds by which wall time is ahead of UTC at this instant. */
  offsetAt(ms: number): number {
    return this.segmentAt(ms).offset;
  }

  /**
   * The first instant whose wall time is this time or a later one: the end of the gap for a skipped time, the first instant for a time that occurs twice.
   * The result grows with `wall`, so that two edges of a span never swap.
   */
  firstInstant(wall: number): number {
    for (let segment = this.segmentAt(wall - LARGEST_OFFSET_MS); ; segment = this.segmentAt(segment.to)) {
      const at = Math.max(segment.from, wall - segment.offset);
      if (at < segment.to) return at;
    }
  }

  /**
   * The instant of a wall time. A skipped time moves forward by the length of the gap (02:30 becomes 03:30); for a time that occurs twice the first instant
   * is returned. Temporal calls this `compatible`.
   */
  instantOf(wall: number): number {
    const first = this.firstInstant(wall);
    return first + this.offsetAt(first) === wall ? first : wall - this.offsetAt(first - 1);
  }

  private segmentAt(ms: number): Segment {
    if (ms >= this.last.from && ms < this.last.to) return this.last;
    // One day more at both ends: the wall time of an instant near the limit may be beyond it.
    if (!(ms >= FIRST_MS - DAY_MS && ms < END_MS + DAY_MS)) throw new RangeError(`${ms} is not an instant of the years 1 to 9999`);
    const segment = this.stretch(Math.floor(ms / STRETCH_MS)).find((s) => ms < s.to);
    if (!segment) throw new RangeError(`zone ${this.name} has no offset at ${ms}`);
    this.last = segment;
    return segment;
  }

  private stretch(n: number): readonly Segment[] {
    let segments = this.stretches.get(n);
    if (!segments) {
      segments = this.read(n * STRETCH_MS, (n + 1) * STRETCH_MS);
      if (this.stretches.size >= MOST_STRETCHES) this.stretches.clear();
      this.stretches.set(n, segments);
    }
    return segments;
  }

  private read(start: number, end: number): Segment[] {
    const segments: Segment[] = [];
    let from = start;
    let offset = this.formattedOffset(start);
    for (let before = start; before < end; before += SAMPLE_MS) {
      const after = before + SAMPLE_MS;
      const next = this.formattedOffset(after);
      if (next === offset) continue;
      const change = this.changeBetween(before, after, offset);
      segments.push({ from, to: change, offset });
      from = change;
      offset = next;
    }
    segments.push({ from, to: end, offset });
    return segments;
  }

  /** The first whole second after `low` whose offset differs from `before`. */
  private changeBetween(low: number, high: number, before: number): number {
    let [same, other] = [low / 1000, high / 1000];
    while (other - same > 1) {
      const middle = Math.floor((same + other) / 2);
      if (this.formattedOffset(middle * 1000) === before) same = middle;
      else other = middle;
    }
    return other * 1000;
  }

  private formattedOffset(ms: number): number {
    const at = Math.floor(Math.max(ms, OLDEST_RULES_MS) / 1000) * 1000;
    const p: Record<string, number> = {};
    for (const { type, value } of this.format.formatToParts(at)) p[type] = Number(value);
    return Date.UTC(p['year'] ?? 0, (p['month'] ?? 1) - 1, p['day'], p['hour'], p['minute'], p['second']) - at;
  }
}

/** The names of three letters that the IANA database has. */
const IANA_ABBREVIATIONS = new Set(['CET', 'EET', 'EST', 'GMT', 'HST', 'MET', 'MST', 'PRC', 'ROC', 'ROK', 'UCT', 'UTC', 'WET']);

/**
 * True for every name or alias of the IANA database that Intl knows (`Asia/Kolkata`, `PRC`, `UTC`), in any case; false for offsets. The abbreviations
 * that only ICU knows are refused, because they name another zone than many writers mean: `CST` is Chicago there and China Standard Time here.
 */
export function isZone(name: string): boolean {
  if (/^(?:[a-z]{3}|systemv\/.*)$/i.test(name) && !IANA_ABBREVIATIONS.has(name.toUpperCase())) return false;
  try {
    Zone.of(name);
    return true;
  } catch {
    return false;
  }
}

function formatOf(name: string): Intl.DateTimeFormat {
  // Intl takes a missing zone for that of the machine, and newer engines accept '+08:00': neither means the same everywhere.
  if (typeof name !== 'string' || !/^[A-Za-z]/.test(name)) throw new RangeError(`'${String(name)}' is not an IANA time zone`);
  const numeric = '2-digit';
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'iso8601',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    });
  } catch (cause) {
    throw new RangeError(`'${name}' is not an IANA time zone`, { cause });
  }
}
