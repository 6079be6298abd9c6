/** One line of the table. Rates are per second; times as `unit` says. */
export interface Figure {
  what: string;
  target: string;
  /** The same work with nothing of ours around it, measured in the same run. */
  floor?: string | undefined;
  measured: string;
  /** Measured ÷ floor for rates, floor ÷ measured for times: 1 is as good as the floor. */
  ratio?: number | undefined;
  /** Undefined where the issue asks only for the figure. */
  met?: boolean | undefined;
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

A ratio of 1 is as good as the floor, which is the same work with nothing of ours around it: rates are measured ÷ floor, times floor ÷
measured. The floor is a denominator, not a target (what the rest buys is validation, sealing, idempotency, the
outbox, dedupe, order).

${table(figures)}

## How each was measured

${notes(figures)}
`;
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** Nearest rank; NaN of nothing. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN;
}

export const n = (value: number, digits = 0): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
