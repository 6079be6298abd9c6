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

const ON_REQUEST = `## Rows on request

\`npm run bench -- actions routing journey lists\` prints rows of the engine, which run only when they are named. What they measured stands in [benchmarks-engine.md](benchmarks-engine.md).

- **actions**: the rate and the CPU of mixed actions over HTTP against a bare handler that writes the same rows; the floor takes what it writes from one sample of each journey. Read the line \`CPU ms per action\` of the log when other work shares the cores: rates follow the load of the machine,
  CPU hardly does. \`statements\` counts relay and polls too; the tests of dispatch assert two for the action (ADR 0052). A figure far above two says that actions are decided twice: the write comes too late after the read.
- **routing**: tickets a second of one dispatch process from its first committed batch on, with the CPU per ticket in the notes; the second row is the ratio of two processes to one, each with 30 % of a core (needs \`cpulimit\`).
- **journey**: CPU of all parts per ticket from registration to close. It is an absolute figure; to compare it with another release, build a checkout of that release and name it: \`BENCH_BEFORE=/path npm run bench -- journey\`. Both are then measured by the same load in the same run, and the ratio is
  before ÷ now: 1 or more meets the target.
- **lists**: pages of 50 at five million cases, timed from when each was due. Filling the tables takes minutes and several gigabytes of disk.`;

export function document(figures: readonly Figure[], machine: readonly string[], at: string): string {
  return `# Benchmarks

Made by \`npm run bench -- --write\` on ${at.slice(0, 10)}; every floor was measured in the same run. Machine:

${machine.map((m) => `- ${m}`).join('\n')}

The floor is the same work without the product around it. A ratio of 1 is as good as the floor: rates are measured ÷ floor, times floor ÷ measured. The
floor is a denominator and not a target; the rest is spent on validation, sealing, idempotency, the outbox, deduplication and order.

${table(figures)}

${ON_REQUEST}

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
