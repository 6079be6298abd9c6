import { Conflict, newId, Refused } from '@gongdan/kernel';
import { type Queries } from '@gongdan/platform';

const CHUNK_BYTES = 256 * 1024;

/** How long an upload may send nothing before another one may take its place. */
const SILENCE_S = 30;

/**
 * Stores the file of an import in pieces: memory stays small, and any replica can read it. One upload at a time: another one is refused
 * before a byte of it is read. An upload that breaks off gives its place back and is sent again from its start.
 */
export async function receiveFile(db: Queries, org: string, id: string, file: AsyncIterable<Buffer>, mostBytes: number): Promise<void> {
  const upload = newId();
  if (!(await claim(db, org, id, upload)))
    throw new Conflict(
      'intake/upload-in-progress',
      { details: { retryAfterS: SILENCE_S } },
      'the file of this import is being sent already',
    );
  try {
    await db.run('delete from import_chunks where org = $1 and job = $2::uuid', [org, id]);
    const total = await store(db, org, id, upload, file, mostBytes);
    const ready = await db.run(
      `update import_jobs set state = 'ready', owner = null, bytes_total = $3 where org = $1 and id = $2::uuid and state = 'waiting' and owner = $4::uuid`,
      [org, id, total, upload],
    );
    if (ready !== 1) throw replaced();
  } catch (error) {
    // The first error is reported. When this statement fails too, the place becomes free once the upload has been silent for long enough.
    await release(db, org, id, upload).catch(() => undefined);
    throw error;
  }
}

async function claim(db: Queries, org: string, id: string, upload: string): Promise<boolean> {
  const claimed = await db.run(
    `update import_jobs set owner = $3::uuid, upload_until = clock_timestamp() + $4::int * interval '1 second'
     where org = $1 and id = $2::uuid and state = 'waiting' and (owner is null or upload_until < clock_timestamp())`,
    [org, id, upload, SILENCE_S],
  );
  return claimed === 1;
}

async function release(db: Queries, org: string, id: string, upload: string): Promise<void> {
  await db.run(`update import_jobs set owner = null where org = $1 and id = $2::uuid and state = 'waiting' and owner = $3::uuid`, [
    org,
    id,
    upload,
  ]);
}

/** Returns the size of the file. */
async function store(
  db: Queries,
  org: string,
  id: string,
  upload: string,
  file: AsyncIterable<Buffer>,
  mostBytes: number,
): Promise<number> {
  let n = 0;
  let total = 0;
  const put = async (bytes: Buffer): Promise<void> => {
    // The job's row is locked, so that an upload that was replaced meanwhile cannot mix its pieces in.
    const kept = await db.run(
      `with mine as (
         update import_jobs set upload_until = clock_timestamp() + $6::int * interval '1 second'
         where org = $1 and id = $2::uuid and owner = $5::uuid and state = 'waiting' returning 1
       )
       insert into import_chunks (org, job, n, bytes) select $1, $2::uuid, $3::int, $4::bytea from mine`,
      [org, id, n++, bytes, upload, SILENCE_S],
    );
    if (kept !== 1) throw replaced();
    total += bytes.length;
  };
  let pending: Buffer[] = [];
  let size = 0;
  for await (const piece of file) {
    pending.push(piece);
    size += piece.length;
    if (total + size > mostBytes)
      throw new Refused('intake/file-too-large', { details: { mostBytes } }, `a file may have ${mostBytes} bytes`);
    if (size < CHUNK_BYTES) continue;
    await put(Buffer.concat(pending));
    pending = [];
    size = 0;
  }
  if (size > 0) await put(Buffer.concat(pending));
  return total;
}

const replaced = (): Conflict => new Conflict('intake/upload-replaced', {}, 'another upload took the place of this one, which was silent');
