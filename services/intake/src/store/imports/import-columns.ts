import { type Violation } from '@gongdan/kernel';
import { type ImportMapping } from '@gongdan/packs';
import { type Row, TableColumns } from '@gongdan/platform';

/** A row of `import_jobs` as it is read. */
export interface ImportJob extends Row {
  org: string;
  id: string;
  state: 'waiting' | 'ready' | 'running' | 'done' | 'failed';
  file_name: string;
  mapping: ImportMapping;
  pack_key: string;
  pack_version: number;
  started_by: string;
  bytes_total: number;
  bytes_done: number;
  rows_done: number;
  created: number;
  unchanged: number;
  changed: number;
  rejected: number;
  noted: number;
  /** Lines that belong to a row that begins in an earlier line. */
  merged: number;
  /** Lines of the file without header and blank ones; null until it has been read to its end. */
  source_lines: number | null;
  /** Claims since the last committed batch, this one included. */
  tries: number;
  /** Why it failed, or why it waits. */
  error: string | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  /** Seconds of work so far; null before it began. */
  seconds: number | null;
}

/** What a new job begins with. */
const NEW = {
  org: 'text', id: 'uuid', state: 'text', file_name: 'text', mapping: 'json', pack_key: 'text', pack_version: 'int', started_by: 'text',
} as const satisfies Partial<Record<keyof ImportJob, string>>; // prettier-ignore

export type NewJob = Pick<ImportJob, keyof typeof NEW>;

const NEW_JOB = new TableColumns(NEW);

/** Columns of `import_jobs` that are read; `seconds` is computed. */
const JOB = new TableColumns({
  ...NEW, bytes_total: 'bigint', bytes_done: 'bigint', rows_done: 'int', created: 'int', unchanged: 'int', changed: 'int', rejected: 'int', noted: 'int',
  merged: 'int', source_lines: 'int', tries: 'int', error: 'text', created_at: 'timestamptz', started_at: 'timestamptz', finished_at: 'timestamptz',
}); // prettier-ignore

export const INSERT_JOB = `insert into import_jobs (${NEW_JOB.names}) select ${NEW_JOB.values('n')} from ${NEW_JOB.recordset('$1', 'n')}`;

export const jobColumns = (table: string): string =>
  `${JOB.select(table)},
   extract(epoch from coalesce(${table}.finished_at, clock_timestamp()) - ${table}.started_at)::float8 as seconds`;

/** A row of `import_results`: what became of one row of the file. */
export interface ImportResult {
  row: number;
  line: number;
  last_line: number;
  outcome: 'created' | 'unchanged' | 'changed' | 'rejected';
  external_key: string | null;
  ticket_id: string | null;
  number: string | null;
  notes: readonly Violation[] | null;
}

const RESULT = new TableColumns<keyof ImportResult>({
  row: 'int', line: 'int', last_line: 'int', outcome: 'text', external_key: 'text', ticket_id: 'uuid', number: 'text', notes: 'json',
}); // prettier-ignore

export const INSERT_RESULTS = `insert into import_results (org, job, ${RESULT.names}) select $1, $2::uuid, ${RESULT.values('r')}
  from ${RESULT.recordset('$3', 'r')}`;

/** The last line of a row that an earlier version wrote is its first one. */
export const RESULT_COLUMNS = RESULT.names.replace('last_line', 'coalesce(last_line, line) as last_line');
