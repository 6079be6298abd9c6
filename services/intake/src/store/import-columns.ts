import { type Violation } from '@gongdan/kernel';
import { type ImportMapping } from '@gongdan/packs';
import { type Row } from '@gongdan/platform';

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

/** Columns of `import_jobs` that are read; `seconds` is computed. */
const JOB = [
  'org', 'id', 'state', 'file_name', 'mapping', 'pack_key', 'pack_version', 'started_by', 'bytes_total', 'bytes_done', 'rows_done', 'created',
  'unchanged', 'changed', 'rejected', 'noted', 'merged', 'source_lines', 'tries', 'error', 'created_at', 'started_at', 'finished_at',
] as const satisfies readonly (keyof ImportJob)[]; // prettier-ignore

export const jobColumns = (table: string): string =>
  `${JOB.map((c) => `${table}.${c}`).join(', ')},
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

const RESULT = {
  row: 'int', line: 'int', last_line: 'int', outcome: 'text', external_key: 'text', ticket_id: 'uuid', number: 'text', notes: 'json',
} as const satisfies Record<keyof ImportResult, string>; // prettier-ignore

const names = Object.keys(RESULT).join(', ');

export const INSERT_RESULTS = `insert into import_results (org, job, ${names}) select $1, $2::uuid, ${names} from json_to_recordset($3::json)
  as r (${Object.entries(RESULT).map(([name, type]) => `${name} ${type}`).join(', ')})`; // prettier-ignore

/** The last line of a row that an earlier version wrote is its first one. */
export const RESULT_COLUMNS = names.replace('last_line', 'coalesce(last_line, line) as last_line');
