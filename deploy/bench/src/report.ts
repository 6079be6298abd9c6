/** One row of the table. */
export interface Figure {
  what: string;
  target: string;
  /** The same work without the product around it, measured in the same run. */
  floor?: string;
  measured: string;
  /** Measured ÷ floor for rates, floor ÷ measured for times: 1 is as good as the floor. */
  ratio?: number;
  /** Whether the target is met; undefined for a figure without a target. */
  met?: boolean;
  /** How it was measured, and further figures. */
  notes?: string[];
}

const HEAD = ['What', 'Target', 'Floor, same run', 'Measured', 'Ratio', 'Met'];

export function table(figures: readonly Figure[]): string {
  const rows = figures.map((f) => [
    f.what,
    f.target,
    f.floor ?? '',
    f.measured,
    f.ratio === undefined ? '' : f.ratio.toFixed(2),
    f.met === undefined ? '' : f.met ? 'yes' : 'no',
  ]);
  return [HEAD, HEAD.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export function notes(figures: readonly Figure[]): string {
  return figures
    .filter((f) => (f.notes ?? []).length > 0)
    .map((f) => `**${f.what}**\n\n${(f.notes ?? []).map((n) => `- ${n}`).join('\n')}`)
    .join('\n\n');
}

export function document(figures: readonly Figure[], machine: readonly string[], at: string): string {
  return `# Benchmarks

Made by \`npm run bench -- --write\` on ${at.slice(0, 10)}; every floor was measured in the same run. Machine:

${machine.map((m) => `- ${m}`).join('\n')}

The floor is the same work without the product around it. A ratio of 1 is as good as the floor: rates are measured ÷ floor, times floor ÷ measured. The
floor is a denominator and not a target; the rest is spent on validation, sealing, idempotency, the outbox, deduplication and order.

${table(figures)}

## How each was measured

${notes(figures)}
`;
}

/** The median by nearest rank. */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** The percentile by nearest rank; NaN for an empty list. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** A number with separators of thousands. */
export const n = (value: number, digits = 0): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** Median and 99th percentile of a list of milliseconds, as text. */
export function times(ms: readonly number[]): string {
  return `p50 ${n(percentile(ms, 50), 1)} ms, p99 ${n(percentile(ms, 99), 1)} ms`;
}
