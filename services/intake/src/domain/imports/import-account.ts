/** The counters of a job. */
export interface ImportCounters {
  rows_done: number;
  created: number;
  unchanged: number;
  changed: number;
  rejected: number;
  merged: number;
}

/** The stored results of the rows, counted again. */
export interface ImportResultCount {
  rows: number;
  last_row: number;
  lines: number;
  created: number;
  unchanged: number;
  changed: number;
  rejected: number;
}

/**
 * The reason why the rows of an import do not add up; undefined when they do. Every source line must be accounted for:
 * `sourceLines` = created + unchanged + changed + rejected + merged, by the counters of the job and by the stored results.
 */
export function accountMistake(job: ImportCounters, written: ImportResultCount, sourceLines: number): string | undefined {
  const { rows_done: rows, merged } = job;
  const outcomes = ['created', 'unchanged', 'changed', 'rejected'] as const;
  const sum = outcomes.reduce((n, outcome) => n + job[outcome], 0);
  if (written.rows !== rows || written.last_row !== rows) return `${rows} rows were read, and the results have ${written.rows}`;
  for (const outcome of outcomes)
    if (written[outcome] !== job[outcome]) return `${job[outcome]} rows count as ${outcome}, and the results have ${written[outcome]}`;
  if (sum + merged !== sourceLines || written.lines !== sourceLines)
    return `the file has ${sourceLines} lines after its header, and ${sum} rows with ${merged} merged lines are accounted for`;
  return undefined;
}
