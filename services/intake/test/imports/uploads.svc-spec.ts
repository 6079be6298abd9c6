import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { csv, good, HEADER, importDesk } from './import-desk.js';
import { startIntake, starter } from '../intake-service.js';

describe('an upload', () => {
  let s: TestService;
  beforeAll(async () => {
    s = await startIntake({ acme: starter });
  });
  afterAll(() => s.close());
  const { announce, send, ended } = importDesk(() => s);

  it('an upload is refused when the file has arrived already', async () => {
    const id = await announce();
    expect((await send(id, csv(good(91)))).status).toBe(202);
    expect((await send(id, csv(good(92)))).body).toMatchObject({ status: 409, code: 'intake/file-already-here' });
    expect(await ended(id)).toMatchObject({ rows: 1 });
    expect((await send(id, csv(good(92)))).status).toBe(409);
  });

  it('an upload is refused while another one is under way, and accepted after that broke off', async () => {
    const id = await announce();
    let sending!: ReadableStreamDefaultController<Uint8Array>;
    const slow = new ReadableStream<Uint8Array>({
      start(controller) {
        sending = controller;
        controller.enqueue(Buffer.from(`${HEADER}\n`));
      },
    });
    const first = send(id, slow).catch(() => undefined);
    await eventually(async () =>
      expect(
        (await s.running.app.database.one<{ owner: string | null }>('select owner from import_jobs where id = $1::uuid', [id]))?.owner,
      ).not.toBeNull(),
    );
    for (const file of ['x', csv(good(96))])
      expect((await send(id, file)).body).toMatchObject({ status: 409, code: 'intake/upload-in-progress' });
    sending.error(new Error('the connection broke'));
    await first;
    await eventually(async () => expect((await send(id, csv(good(97)))).status).toBe(202));
    expect(await ended(id)).toMatchObject({ state: 'done', rows: 1, created: 1 });
  }, 60_000);

  it('an upload is accepted when the one before has been silent for too long', async () => {
    const id = await announce();
    const { database } = s.running.app;
    // The process that received it was killed.
    await database.run(
      `update import_jobs set owner = gen_random_uuid(), upload_until = clock_timestamp() + interval '30 seconds' where id = $1::uuid`,
      [id],
    );
    expect((await send(id, csv(good(98)))).status).toBe(409);
    await database.run(`update import_jobs set upload_until = clock_timestamp() - interval '1 second' where id = $1::uuid`, [id]);
    expect((await send(id, csv(good(98)))).status).toBe(202);
    expect(await ended(id)).toMatchObject({ created: 1 });
  });

  it('an upload is refused when the file is larger than the limit; a smaller file is accepted afterwards', async () => {
    const small = await startIntake({}, { database: s.database, bus: s.bus, env: { IMPORT_MAX_MB: '1' } });
    const id = await announce();
    const put = (file: string) =>
      small.call('PUT', `/v1/imports/${id}/file`, { raw: Buffer.from(file), headers: { 'content-type': 'text/csv' } });
    expect((await put(csv(good(93, 'x'.repeat(1_200_000))))).body).toMatchObject({
      status: 422,
      code: 'intake/file-too-large',
      mostBytes: 1_048_576,
    });
    expect((await put(csv(good(93)))).status).toBe(202);
    await small.close();
    expect(await ended(id)).toMatchObject({ created: 1 });
  });
});
