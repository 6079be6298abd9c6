import { CalendarError } from './calendar-definition.js';

/** Minutes of a day in wall time, `from` included, `to` excluded. */
export type Span = readonly [from: number, to: number];

export const WHOLE_DAY: readonly Span[] = [[0, 1_440]];

const SPAN = /^([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;

/** Parses spans such as `09:00-12:00` and sorts them; spans may touch. Throws CalendarError with a path below `path`. */
export function spansIn(texts: unknown, path: string): readonly Span[] {
  if (!Array.isArray(texts)) throw new CalendarError(path, 'is not a list of spans such as 09:00-12:00');
  const spans = texts.map((text: unknown, i) => spanIn(text, `${path}[${i}]`)).sort((a, b) => a[0] - b[0]);
  spans.forEach((span, i) => {
    const previous = spans[i - 1];
    if (previous && previous[1] > span[0]) throw new CalendarError(path, 'spans overlap');
  });
  return spans;
}

function spanIn(text: unknown, path: string): Span {
  const m = typeof text === 'string' ? SPAN.exec(text) : null;
  if (!m) throw new CalendarError(path, `'${String(text)}' is not a span such as 09:00-12:00`);
  const from = Number(m[1]) * 60 + Number(m[2]);
  const to = m[3] === undefined ? 1_440 : Number(m[3]) * 60 + Number(m[4]);
  if (from >= to)
    throw new CalendarError(
      path,
      `'${String(text)}' ends before it begins; a night shift is two spans, 22:00-24:00 and 00:00-06:00 of the next day`,
    );
  return [from, to];
}
