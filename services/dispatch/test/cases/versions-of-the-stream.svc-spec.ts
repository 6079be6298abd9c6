import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { versionsOfTheStream } from '../../src/store/migrations/0130-versions-of-the-stream.js';
import { DispatchService } from '../dispatch-service.js';

describe('the migration to versions of the stream', () => {
  let s: DispatchService;
  beforeAll(async () => {
    s = await DispatchService.start();
  });
  afterAll(() => s.service.close());

  it('gives a case that amendments moved ahead of its stream the number of its last event, and its assignments those of theirs', async () => {
    const [ahead, level] = [await s.ticket(), await s.ticket()];
    for (const id of [ahead, level]) expect((await s.act(id, 'wang', 'accept')).status).toBe(200);
    const { database } = s.service.running.app;
    // As an earlier release left a case that was amended once before the person took it: versions 1 and 3.
    await database.run(`update cases set version = 3 where ticket_id = $1`, [ahead]);
    await database.run(`update assignments set no = 3 where ticket_id = $1 and no = 2`, [ahead]);
    await database.transaction(async (tx) => {
      await tx.run('alter table ticket_event disable trigger user', []);
      await tx.run(`update ticket_event set data = jsonb_set(data::jsonb, '{case,version}', '3') where ticket_id = $1 and seq = 2`, [
        ahead,
      ]);
      await tx.run('alter table ticket_event enable trigger user', []);
    });
    await database.transaction((tx) => tx.run(versionsOfTheStream.sql, []));
    for (const id of [ahead, level]) {
      expect((await s.see(id)).body).toMatchObject({
        version: 2,
        assignments: [
          { no: 1, person: null },
          { no: 2, person: 'wang' },
        ],
      });
    }
    expect((await s.act(ahead, 'wang', 'reply', { text: 'Paid back.' }, { 'if-match': '"v2"' })).body).toMatchObject({ version: 3 });
  });
});
