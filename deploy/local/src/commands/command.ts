export interface Command {
  usage: string;
  about: string;
  run(args: string[]): Promise<void>;
  /** What `--help` prints; usage and about when it is absent. */
  help?(args: string[]): string;
}

/** Aligns rows in columns. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, String(cell).length)));
  return rows
    .map((row) => row.map((cell, i) => (i === row.length - 1 ? String(cell) : String(cell).padEnd(widths[i] ?? 0))).join('  '))
    .join('\n');
}
