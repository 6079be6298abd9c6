import { type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Tx } from '@gongdan/platform';
import { eventually, StatementCounter } from '@gongdan/testing';
import { DispatchService } from '../dispatch-service.js';
import { processPack, publishWithSample, put } from '../own-packs.js';

/** An action reads the case without a lock and writes it in one statement (docs/adr/0052). */
describe('an action without a transaction', () => {
  let s: DispatchService;
  let statements: StatementCounter;
  beforeAll(async () => {
    s = await DispatchService.start();
    statements = new StatementCounter(database());
    statements.watch(s.service.running.app.nest.getHttpServer() as Server);
  });
  afterAll(() => s.service.close());

  const database = () => s.service.running.app.database;
  /** What the requests of `work` send. */
  const spent = async (work: () => Promise<unknown>): Promise<number> => {
    const before = statements.total;
    await work();
    return statements.total - before;
  };
  const blocked = async (): Promise<void> => {
    const sql = "select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    await eventually(async () => expect(await database().one(sql)).toEqual({ n: 1 }));
  };
  /** Lets `write` change the row in a transaction that commits when an action has read the case and waits to write it. */
  const meanwhile = async (ticketId: string, write: (tx: Tx) => Promise<unknown>) => {
    let answer: Promise<{ status: number; body: object }> | undefined;
    await database().transaction(async (tx) => {
      await write(tx);
      answer = s.act(ticketId, 'wang', 'accept');
      await blocked();
    });
    return (await answer) as { status: number; body: object };
  };
  const heard = (ticketId: string) =>
    database().one<{ clock: string }>("select body->'heard'->'clocks'->>'response' as clock from cases where ticket_id = $1", [ticketId]);

  it('keeps what another service said between its read and its write', async () => {
    const id = await s.ticket();
    const answer = await meanwhile(id, (tx) =>
      tx.run(`update cases set body = jsonb_set(body, '{heard,clocks}', '{"response": "due"}') where ticket_id = $1`, [id]),
    );
    expect(answer).toMatchObject({ status: 200, body: { state: 'accepted', version: 2 } });
    expect(await heard(id)).toEqual({ clock: 'due' });
    await s.emitted(id, 'dispatched', 'accepted');
  });

  it('waits for a lock that changes nothing, and then writes without a second decision', async () => {
    const id = await s.ticket();
    const count = await spent(() => meanwhile(id, (tx) => tx.rows('select 1 from cases where ticket_id = $1 for update', [id])));
    expect(count).toBe(2);
    await s.emitted(id, 'dispatched', 'accepted');
  });

  it('decides again under the lock when the instant of its decision lies further back than a watermark may', async () => {
    const id = await s.ticket();
    // The process learns of the new offset within five seconds, so its instants are an hour old at first.
    await database().run('update clock_offset set offset_ms = offset_ms + 3600000');
    try {
      expect(await spent(async () => expect((await s.act(id, 'wang', 'accept')).status).toBe(200))).toBe(7);
    } finally {
      await database().run('update clock_offset set offset_ms = offset_ms - 3600000');
    }
    await s.emitted(id, 'dispatched', 'accepted');
  });

  it('is judged by the directory of the moment when it has the case, not by that of before its wait', async () => {
    const { json, sample } = processPack('p09-skill-dispatch');
    await publishWithSample(s.service, json, sample);
    const id = await s.ticket({ pack: { key: 'p09-skill-dispatch', version: 1 }, type: 'repair', category: 'equipment.machine', priority: 'normal', unit: 'seats' }); // prettier-ignore
    let answer: Promise<{ body: object }> | undefined;
    await database().transaction(async (tx) => {
      await tx.rows('select 1 from cases where ticket_id = $1 for update', [id]);
      // The pick of a person asks for loads, which are read under the lock of the case.
      answer = s.service.call('POST', `/v1/cases/${id}/actions/assign`, {
        as: { id: 'boss', roles: ['supervisor'], units: [] },
        body: { problem: '断电', skill: 'repair', difficulty: 'hard', urgency: 'high' },
      });
      await blocked();
      await put(s.service, '/v1/directory/presence/p09-yan', { state: 'absent' });
    });
    expect((await answer)?.body).toMatchObject({ step: 'assigned', unit: 'technicians', holder: null });
  });

  it('lets one of two requests with one Idempotency-Key act, and answers the other with the same case', async () => {
    const id = await s.ticket();
    const answers = await Promise.all([1, 2].map(() => s.act(id, 'wang', 'accept', {}, { 'idempotency-key': '"twice"' })));
    expect(answers.map((a) => [a.status, a.body['version']])).toEqual([
      [200, 2],
      [200, 2],
    ]);
    expect(answers.map((a) => a.headers.get('idempotency-replayed')).sort()).toEqual([null, 'true'].sort());
    await s.emitted(id, 'dispatched', 'accepted');
  });

  it('acts on one of two tickets for which one Idempotency-Key is used at the same time, and refuses the other', async () => {
    const ids = [await s.ticket(), await s.ticket()];
    const answers = await Promise.all(ids.map((id) => s.act(id, 'wang', 'accept', {}, { 'idempotency-key': '"one-for-two"' })));
    expect(answers.map((a) => a.status).sort()).toEqual([200, 422]);
    expect(answers.find((a) => a.status === 422)?.body).toMatchObject({ code: 'dispatch/idempotency-key-reused' });
    const states = await Promise.all(ids.map(async (id) => (await s.see(id)).body['state']));
    expect(states.sort()).toEqual(['accepted', 'dispatched']);
  });
});
