import { Injectable } from '@nestjs/common';
import { NotFound } from '@gongdan/kernel';
import { type Queries, type Row, type Tx } from '@gongdan/platform';
import { type ImportResultCount } from '../../domain/imports/import-account.js';
import {
  type ImportJob,
  type ImportResult,
  INSERT_JOB,
  INSERT_RESULTS,
  jobColumns,
  type NewJob,
  RESULT_COLUMNS,
} from './import-columns.js';

export type { ImportJob, ImportResult } from './import-columns.js';

@Injectable()
export class ImportsStore {
  async create(db: Queries, job: Omit<NewJob, 'state'>): Promise<void> {
    await db.run(INSERT_JOB, [JSON.stringify([{ ...job, state: 'waiting' }])]);
  }

  /** Imports of all organisations that wait for a worker or have one. Reads the partial index import_jobs_due alone. */
  counts(db: Queries): Promise<{ state: string; value: number }[]> {
    return db.rows<{ state: string; value: number }>(
      `select s.state, count(j.state)::int as value from unnest(array['ready', 'running']) as s (state)
       left join (select state from import_jobs where state in ('ready', 'running')) j on j.state = s.state group by 1`,
    );
  }

  /** Seconds since the oldest of them was announced; 0 when there is none. */
  async oldestSeconds(db: Queries): Promise<number> {
    const row = await db.one<{ seconds: number }>(
      `select coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::float8 as seconds from import_jobs where state in ('ready', 'running')`,
    );
    return row?.seconds ?? 0;
  }

  async get(db: Queries, org: string, id: string): Promise<ImportJob> {
    const row = await db.one<ImportJob>(`select ${jobColumns('j')} from import_jobs j where org = $1 and id = $2::uuid`, [org, id]);
    if (!row) throw new NotFound('intake/no-such-import');
    return row;
  }

  async list(db: Queries, org: string, limit: number): Promise<ImportJob[]> {
    return db.rows<ImportJob>(`select ${jobColumns('j')} from import_jobs j where org = $1 order by created_at desc limit $2`, [
      org,
      limit,
    ]);
  }

  async *chunks(db: Queries, org: string, id: string): AsyncGenerator<Buffer> {
    for (let n = 0; ; n++) {
      const row = await db.one<{ bytes: Buffer }>('select bytes from import_chunks where org = $1 and job = $2::uuid and n = $3', [
        org,
        id,
        n,
      ]);
      if (!row) return;
      yield row.bytes;
    }
  }

  /**
   * Claims the oldest job without a worker. The claim lasts 15 s and is renewed every five and with every batch. A claim counts as a try at
   * once: a worker that dies while it reads the file writes nothing down afterwards.
   */
  async claim(db: Queries, owner: string): Promise<ImportJob | undefined> {
    return (
      await db.rows<ImportJob>(
        `with due as (
           select org, id from import_jobs where state in ('ready', 'running') and lease_until < clock_timestamp() order by created_at limit 1 for update skip locked
         )
         update import_jobs j set state = 'running', owner = $1::uuid, lease_until = clock_timestamp() + interval '15 seconds',
                started_at = coalesce(j.started_at, clock_timestamp()), tries = j.tries + 1
         from due where j.org = due.org and j.id = due.id returning ${jobColumns('j')}`,
        [owner],
      )
    )[0];
  }

  /** Locks the job for the transaction of a batch; false when the claim was lost or the rows are done: then nothing may be written. */
  async hold(tx: Tx, job: ImportJob, owner: string, lastRow: number): Promise<boolean> {
    const sql = 'select 1 from import_jobs where org = $1 and id = $2::uuid and owner = $3::uuid and rows_done < $4 for update';
    return (await tx.one(sql, [job.org, job.id, owner, lastRow])) !== undefined;
  }

  /** False when the claim was lost. */
  async renew(db: Queries, job: ImportJob, owner: string): Promise<boolean> {
    const sql = `update import_jobs set lease_until = clock_timestamp() + interval '15 seconds' where org = $1 and id = $2::uuid and owner = $3::uuid`;
    return (await db.run(sql, [job.org, job.id, owner])) === 1;
  }

  /** Moves the held job on in the transaction of its rows. The try under way stays counted, those before it do not. */
  async advance(tx: Tx, job: ImportJob, bytesDone: number, results: readonly ImportResult[]): Promise<void> {
    const count = (outcome: ImportResult['outcome']) => results.filter((r) => r.outcome === outcome).length;
    await tx.run(
      `update import_jobs set rows_done = $3, bytes_done = $4, created = created + $5, unchanged = unchanged + $6, changed = changed + $7, rejected = rejected + $8,
              noted = noted + $9, merged = merged + $10, tries = 1, error = null, lease_until = clock_timestamp() + interval '15 seconds'
       where org = $1 and id = $2::uuid`,
      [
        job.org,
        job.id,
        results.at(-1)?.row ?? 0,
        bytesDone,
        count('created'),
        count('unchanged'),
        count('changed'),
        count('rejected'),
        results.filter((r) => r.outcome !== 'rejected' && r.notes !== null).length,
        results.reduce((sum, r) => sum + r.last_line - r.line, 0),
      ],
    );
    await tx.run(INSERT_RESULTS, [job.org, job.id, JSON.stringify(results)]);
  }

  /** Writes down why the job waits. A try that failed for a reason of the environment is given back. */
  async postpone(db: Queries, job: ImportJob, owner: string, isTry: boolean, error: string | null): Promise<void> {
    await db.run(
      `update import_jobs set tries = greatest(0, tries - $4::int), error = coalesce($5, error) where org = $1 and id = $2::uuid and owner = $3::uuid`,
      [job.org, job.id, owner, isTry ? 0 : 1, error],
    );
  }

  /** Gives back a try of a job that another worker may have claimed meanwhile. */
  async giveBack(db: Queries, job: ImportJob): Promise<void> {
    await db.run('update import_jobs set tries = greatest(0, tries - 1) where org = $1 and id = $2::uuid', [job.org, job.id]);
  }

  /** Ends the job and deletes its file in one statement: no later step would delete the pieces of a job that is over. */
  async finish(
    db: Queries,
    job: ImportJob,
    owner: string,
    end: { state: 'done' | 'failed'; error: string | null; sourceLines: number | null },
  ): Promise<void> {
    await db.run(
      `with ended as (
         update import_jobs set state = $4, error = $5, source_lines = $6::int, finished_at = clock_timestamp(), owner = null,
                bytes_done = case when $4 = 'done' then bytes_total else bytes_done end
         where org = $1 and id = $2::uuid and owner = $3::uuid returning org, id
       )
       delete from import_chunks c using ended where c.org = ended.org and c.job = ended.id`,
      [job.org, job.id, owner, end.state, end.error, end.sourceLines],
    );
  }

  async results(db: Queries, org: string, id: string, afterRow: number, limit: number): Promise<ImportResult[]> {
    return db.rows<ImportResult>(
      `select ${RESULT_COLUMNS} from import_results where org = $1 and job = $2::uuid and row > $3 order by row limit $4`,
      [org, id, afterRow, limit],
    );
  }

  async countResults(db: Queries, org: string, id: string): Promise<ImportResultCount> {
    const row = await db.one<ImportResultCount & Row>(
      `select count(*)::int as rows, coalesce(max(row), 0) as last_row, coalesce(sum(coalesce(last_line, line) - line + 1), 0)::int as lines,
              ${['created', 'unchanged', 'changed', 'rejected'].map((o) => `count(*) filter (where outcome = '${o}')::int as ${o}`).join(', ')}
       from import_results where org = $1 and job = $2::uuid`,
      [org, id],
    );
    return row ?? { rows: 0, last_row: 0, lines: 0, created: 0, unchanged: 0, changed: 0, rejected: 0 };
  }
}
