import { instantOfLocal, type LocalParts } from '@gongdan/business-time';
import { type Instant, iso } from '@gongdan/kernel';

/** How a file writes instants: tokens YYYY MM DD HH hh mm ss SSS A, or `iso`, and the zone of those without an offset. */
export interface InstantForm {
  format: 'csv' | 'xlsx';
  dateFormat: string;
  zone: string;
}

/** A date cell of a workbook as the workbook reader writes it: wall time without a zone. */
const WALL_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}$/;

/** The instant of a cell; undefined when it is invalid. Date cells of a workbook have no text form, so the mapping's form is not used for them. */
export function readInstant(text: string, form: InstantForm): Instant | undefined {
  return parseInstant(text, form.format === 'xlsx' && WALL_TIME.test(text) ? 'iso' : form.dateFormat, form.zone);
}

const TOKENS = {
  YYYY: '(\\d{4})',
  MM: '(\\d{1,2})',
  DD: '(\\d{1,2})',
  HH: '(\\d{1,2})',
  hh: '(\\d{1,2})',
  mm: '(\\d{1,2})',
  ss: '(\\d{1,2})',
  SSS: '(\\d{3})',
  A: '([AaPp][Mm])',
} as const;

interface Pattern {
  regex: RegExp;
  tokens: string[];
}
const patterns = new Map<string, Pattern>();

function patternOf(format: string): Pattern {
  let pattern = patterns.get(format);
  if (!pattern) {
    const tokens: string[] = [];
    const source = format.replace(/YYYY|MM|DD|HH|hh|mm|SSS|ss|A|[^A-Za-z]/g, (part) => {
      if (!Object.hasOwn(TOKENS, part)) return part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
      tokens.push(part);
      return TOKENS[part as keyof typeof TOKENS];
    });
    pattern = { regex: new RegExp(`^${source}$`), tokens };
    patterns.set(format, pattern);
  }
  return pattern;
}

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** Undefined when the text is not of the form, no calendar has the date, or it is after the year 2100. */
export function parseInstant(text: string, format: string, zone: string): Instant | undefined {
  if (format === 'iso') return parseIso(text.trim(), zone);
  const { regex, tokens } = patternOf(format);
  const found = regex.exec(text.trim());
  if (!found) return undefined;
  const part = (name: string): string | undefined => found[tokens.indexOf(name) + 1 || Infinity];
  const number = (name: string, fallback: number): number => Number(part(name) ?? fallback);
  const half = part('A')?.toLowerCase();
  const hour = half === undefined ? number('HH', number('hh', 0)) : (number('hh', 12) % 12) + (half === 'pm' ? 12 : 0);
  if (half !== undefined && number('hh', 12) > 12) return undefined;
  const local = {
    year: number('YYYY', 0),
    month: number('MM', 1),
    day: number('DD', 1),
    hour,
    minute: number('mm', 0),
    second: number('ss', 0),
  };
  return existsInCalendar(local) ? instantIfPlausible(instantOfLocal(zone, local, number('SSS', 0))) : undefined;
}

function parseIso(text: string, zone: string): Instant | undefined {
  const found = ISO.exec(text);
  if (!found) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1, 7).map((n) => Number(n ?? 0));
  const local = { year, month, day, hour, minute, second };
  if (!existsInCalendar(local)) return undefined;
  const ms = Math.trunc(Number(`0.${found[7] ?? 0}`) * 1_000);
  const offset = found[8];
  if (offset === undefined) return instantIfPlausible(instantOfLocal(zone, local, ms));
  const [, sign = '', hours = '', minutes = ''] = /^([+-])(\d{2}):?(\d{2})$/.exec(offset) ?? [];
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const shift = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
  return instantIfPlausible(Date.UTC(year, month - 1, day, hour, minute, second, ms) - shift);
}

// Old systems write 9999-12-31 for "never", and a shifted column or a wrong date system gives a year like 2826: neither is a date of a
// ticket. The rest of the platform counts in years of four digits and in calendars that end before 2101.
const FIRST_YEAR_TOO_LATE = 2_101;

function instantIfPlausible(ms: number): Instant | undefined {
  return ms < Date.UTC(FIRST_YEAR_TOO_LATE, 0) ? iso(ms) : undefined;
}

// Date.UTC accepts 31 February as 2 March and year 50 as 1950; 0001-01-01, which old systems write for a missing date, is refused too.
function existsInCalendar(p: LocalParts): boolean {
  const day = new Date(Date.UTC(p.year, p.month - 1, p.day));
  return (
    day.getUTCFullYear() === p.year &&
    day.getUTCMonth() === p.month - 1 &&
    day.getUTCDate() === p.day &&
    p.hour < 24 &&
    p.minute < 60 &&
    p.second < 60
  );
}
