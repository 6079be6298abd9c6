/**
 * Ticket numbers (IN-23, P23). Vocabulary: a *series* counts by itself (a unit's month); *running* numbers are unique and ascending within
 * it but may skip; *gap-free* numbers skip nothing, at the price of one row lock per ticket of the series.
 */
export interface NumberingRule {
  /** `GD{yyyy}{mm}{seq:6}`, with {unit}, {yyyy}, {yy}, {mm}, {dd}. */
  format: string;
  scope: readonly ('unit' | 'year' | 'month' | 'day')[];
  gapFree: boolean;
}

export interface NumberPlan {
  /** Key of the counter: the text that its numbers show, `GD202603{seq}`. Packs of an organisation that write the same text share one. */
  series: string;
  before: string;
  /** The smallest number of digits of the count; longer counts are not cut. */
  width: number;
  after: string;
}

interface Format {
  before: readonly string[];
  width: number;
  after: readonly string[];
}

const formats = new Map<string, Format>();

/** The parsed format, cached, because every ticket of a pack has the same one. Every second piece is a name in braces. */
function formatOf(text: string): Format {
  let format = formats.get(text);
  if (!format) {
    const seq = /\{seq(?::(\d+))?\}/.exec(text);
    const pieces = (part: string): string[] => part.split(/\{(yyyy|yy|mm|dd|unit)\}/);
    format = {
      before: pieces(text.slice(0, seq?.index)),
      width: Number(seq?.[1] ?? 1),
      after: seq ? pieces(text.slice(seq.index + seq[0].length)) : [],
    };
    formats.set(text, format);
  }
  return format;
}

/** The names of a format whose values are the same in all numbers of a series. */
const SHOWN: Record<NumberingRule['scope'][number], readonly string[]> = {
  unit: ['unit'],
  year: ['yyyy', 'yy'],
  month: ['yyyy', 'yy', 'mm'],
  day: ['yyyy', 'yy', 'mm', 'dd'],
};

// A name without a value stays as it is: a series by year continues through all its months, and its key has `{mm}`.
const filled = (pieces: readonly string[], values: Record<string, string | undefined>): string =>
  pieces.map((piece, i) => (i % 2 === 0 ? piece : (values[piece] ?? `{${piece}}`))).join('');

/** Series and text of a ticket's number. `local` is the local date `YYYY-MM-DD` of registration in the pack's zone. */
export function planNumber(rule: NumberingRule, local: string, unitCode: string): NumberPlan {
  const [yyyy = '', mm = '', dd = ''] = local.split('-');
  const all: Record<string, string> = { yyyy, yy: yyyy.slice(2), mm, dd, unit: unitCode };
  const own: Record<string, string | undefined> = {};
  for (const scope of rule.scope) for (const name of SHOWN[scope]) own[name] = all[name];
  const { before, width, after } = formatOf(rule.format);
  return { series: `${filled(before, own)}{seq}${filled(after, own)}`, before: filled(before, all), width, after: filled(after, all) };
}

export function numberOf(plan: NumberPlan, count: number): string {
  return `${plan.before}${String(count).padStart(plan.width, '0')}${plan.after}`;
}
