import { Injectable } from '@nestjs/common';
import { Conflict, newId, NotFound, Refused } from '@gongdan/kernel';
import { type ImportMapping } from '@gongdan/packs';
import { type Queries, type Row, type SqlValue, type Tx } from '@gongdan/platform';

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
  /** Why it failed, or why it waits. */
  error: string | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  /** Seconds of work so far; null before it began. */
  seconds?: number | null;
}

const VIEW = 'select *, extract(epoch from coalesce(finished_at, clock_timestamp()) - started_at)::float8 as seconds from import_jobs';

export interface ImportResult {
  row: number;
  line: number;
  outcome: 'created' | 'unchanged' | 'changed' | 'rejected';
  external_key: string | null;
  ticket_id: string | null;
  number: string | null;
  notes: string | null;
}

const CHUNK = 256 * 1024;

@Injectable()
export class ImportsStore {
  async create(
    db: Queries,
    job: Pick<ImportJob, 'org' | 'id' | 'file_name' | 'pack_key' | 'pack_version' | 'started_by'>,
    mapping: ImportMapping,
  ): Promise<void> {
    await db.run(
      `insert into import_jobs (org, id, state, file_name, mapping, pack_key, pack_version, started_by) values ($1, $2, 'waiting', $3, $4, $5, $6, $7)`,
      [job.org, job.id, job.file_name, JSON.stringify(mapping), job.pack_key, job.pack_version, job.started_by],
    );
  }

  async get(db: Queries, org: string, id: string): Promise<ImportJob> {
    const row = await db.one<ImportJob>(`${VIEW} where org = $1 and id = $2::uuid`, [org, id]);
    if (!row) throw new NotFound('intake/no-such-import');
    return row;
  }

  async list(db: Queries, org: string, limit: number): Promise<ImportJob[]> {
    return db.rows<ImportJob>(`${VIEW} where org = $1 order by created_at desc limit $2`, [org, limit]);
  }

  /**
   * Stores the file in pieces: memory stays small, and any replica can read it. A file that broke off is sent again from its start; of two
   * uploads at once the later one wins, and the earlier ends with a conflict instead of mixing its pieces in. Returns its size.
   */
  async receive(db: Queries, org: string, id: string, file: AsyncIterable<Buffer>, mostBytes: number): Promise<number> {
    const upload = newId();
    const overtaken = () => new Conflict('intake/file-already-here', {}, 'the file of this import is sent by somebody else');
    if (
      (await db.run(`update import_jobs set owner = $3::uuid where org = $1 and id = $2::uuid and state = 'waiting'`, [
        org,
        id,
        upload,
      ])) !== 1
    )
      throw overtaken();
    await db.run('delete from import_chunks where org = $1 and job = $2::uuid', [org, id]);
    let n = 0;
    let total = 0;
    const put = async (bytes: Buffer): Promise<void> => {
      const kept = await db.run(
        `insert into import_chunks (org, job, n, bytes)
         select $1, $2::uuid, $3::int, $4::bytea from (select 1 from import_jobs where org = $1 and id = $2::uuid and owner = $5::uuid and state = 'waiting' for share) as mine`,
        [org, id, n++, bytes, upload],
      );
      if (kept !== 1) throw overtaken();
      total += bytes.length;
    };
    let pending: Buffer[] = [];
    let size = 0;
    for await (const piece of file) {
      pending.push(piece);
      size += piece.length;
      if (total + size > mostBytes)
        throw new Refused('intake/file-too-large', { details: { mostBytes } }, `a file may have ${mostBytes} bytes`);
      if (size < CHUNK) continue;
      await put(Buffer.concat(pending));
      pending = [];
      size = 0;
    }
    if (size > 0) await put(Buffer.concat(pending));
    const ready = await db.run(
      `update import_jobs set state = 'ready', owner = null, bytes_total = $3 where org = $1 and id = $2::uuid and state = 'waiting' and owner = $4::uuid`,
      [org, id, total, upload],
    );
    if (ready !== 1) throw overtaken();
    return total;
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

  /** The oldest job nobody works on; the claim lasts 15 s and is renewed every five and with every batch. */
  async claim(db: Queries, owner: string): Promise<ImportJob | undefined> {
    return (
      await db.rows<ImportJob>(
        `with due as (
           select org, id from import_jobs where state in ('ready', 'running') and lease_until < clock_timestamp() order by created_at limit 1 for update skip locked
         )
         update import_jobs j set state = 'running', owner = $1::uuid, lease_until = clock_timestamp() + interval '15 seconds', started_at = coalesce(j.started_at, clock_timestamp())
         from due where j.org = due.org and j.id = due.id returning j.*`,
        [owner],
      )
    )[0];
  }

  /** Locks the job for the transaction of a batch; false when the claim was lost or the rows are done: then nothing may be written. */
  async hold(tx: Tx, job: ImportJob, owner: string, lastRow: number): Promise<boolean> {
    return (
      (await tx.one('select 1 from import_jobs where org = $1 and id = $2::uuid and owner = $3::uuid and rows_done < $4 for update', [
        job.org,
        job.id,
        owner,
        lastRow,
      ])) !== undefined
    );
  }

  /** False when the claim was lost. */
  async renew(db: Queries, job: ImportJob, owner: string): Promise<boolean> {
    return (
      (await db.run(
        `update import_jobs set lease_until = clock_timestamp() + interval '15 seconds' where org = $1 and id = $2::uuid and owner = $3::uuid`,
        [job.org, job.id, owner],
      )) === 1
    );
  }

  /** Moves the held job on in the transaction of its rows; tries count what fails in a row. */
  async advance(tx: Tx, job: ImportJob, bytesDone: number, results: readonly ImportResult[]): Promise<void> {
    const count = (outcome: ImportResult['outcome']) => results.filter((r) => r.outcome === outcome).length;
    await tx.run(
      `update import_jobs set rows_done = $3, bytes_done = $4, created = created + $5, unchanged = unchanged + $6, changed = changed + $7, rejected = rejected + $8,
              noted = noted + $9, tries = 0, error = null, lease_until = clock_timestamp() + interval '15 seconds'
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
      ],
    );
    const column = (pick: (r: ImportResult) => SqlValue) => results.map(pick) as SqlValue;
    await tx.run(
      `insert into import_results (org, job, row, line, outcome, external_key, ticket_id, number, notes)
       select $1, $2::uuid, * from unnest($3::int[], $4::int[], $5::text[], $6::text[], $7::uuid[], $8::text[], $9::json[])`,
      [
        job.org,
        job.id,
        column((r) => r.row),
        column((r) => r.line),
        column((r) => r.outcome),
        column((r) => r.external_key),
        column((r) => r.ticket_id),
        column((r) => r.number),
        column((r) => r.notes),
      ],
    );
  }

  /** Writes down why the job waits; answers how often in a row it failed for a reason that counts. */
  async stumbled(db: Queries, job: ImportJob, owner: string, counts: boolean, error: string): Promise<number> {
    const row = await db.one<{ tries: number }>(
      `update import_jobs set tries = tries + $4::int, error = $5 where org = $1 and id = $2::uuid and owner = $3::uuid returning tries`,
      [job.org, job.id, owner, counts ? 1 : 0, error],
    );
    return row?.tries ?? 0;
  }

  /** The end of the job and of its file, in one statement: nobody would come back for the pieces of a job that is over. */
  async finish(db: Queries, job: ImportJob, owner: string, state: 'done' | 'failed', error: string | null): Promise<void> {
    await db.run(
      `with ended as (
         update import_jobs set state = $4, error = $5, finished_at = clock_timestamp(), owner = null, bytes_done = case when $4 = 'done' then bytes_total else bytes_done end
         where org = $1 and id = $2::uuid and owner = $3::uuid returning org, id
       )
       delete from import_chunks c using ended where c.org = ended.org and c.job = ended.id`,
      [job.org, job.id, owner, state, error],
    );
  }

  async results(
    db: Queries,
    org: string,
    id: string,
    afterRow: number,
    limit: number,
  ): Promise<(Omit<ImportResult, 'notes'> & { notes: { pointer: string; detail: string }[] | null })[]> {
    return db.rows(
      'select row, line, outcome, external_key, ticket_id, number, notes from import_results where org = $1 and job = $2::uuid and row > $3 order by row limit $4',
      [org, id, afterRow, limit],
    );
  }
}
