import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@gongdan/kernel';
import { eventually } from '@gongdan/testing';
import { DispatchService } from '../dispatch-service.js';

describe('actors who collide', () => {
  let s: DispatchService;
  beforeAll(async () => {
    s = await DispatchService.start();
  });
  afterAll(() => s.service.close());

  it('applies an Idempotency-Key to one case only when it is sent for two at the same moment', async () => {
    const [one, other] = [await s.ticket(), await s.ticket()];
    const key = newId();
    const db = s.service.running.app.database;
    let waiting: ReturnType<typeof s.act> | undefined;
    // A transaction that has used the key for another case and ends while the request waits for it.
    await db.transaction(async (tx) => {
      await tx.run(
        `insert into action_keys (org, client, key, fingerprint, ticket_id, at) values ('acme', 'wang', $1, 'of another request', $2, gongdan_now())`,
        [key, one],
      );
      waiting = s.act(other, 'wang', 'accept', {}, { 'idempotency-key': key });
      const waits = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%action_keys%'`;
      await eventually(async () => expect(await db.rows(waits)).toHaveLength(1));
    });
    const answer = await waiting;
    expect([answer?.status, answer?.body]).toMatchObject([422, { code: 'dispatch/idempotency-key-reused' }]);
    await s.emitted(other, 'dispatched');
  });

  it('refuses to take a task, and to route a case, of another version than If-Match names', async () => {
    const id = await s.ticket();
    const stale = await s.act(id, 'wang', 'take', {}, { 'if-match': '"v7"' });
    expect([stale.status, stale.body]).toMatchObject([409, { code: 'dispatch/stale-version', task: { version: 1 } }]);
    expect((await s.act(id, 'wang', 'take', {}, { 'if-match': '"v1"' })).status).toBe(200);
    const lost = await s.ticket();
    await s.act(lost, 'wang', 'return', { reason: 'not ours' });
    expect((await s.act(lost, 'sun', 'return', { reason: 'nor ours' })).body).toMatchObject({ state: 'unroutable' });
    const routed = await s.act(lost, 'zhao', 'route', { unit: 'billing' }, { 'if-match': '"v7"' });
    expect([routed.status, routed.body]).toMatchObject([409, { code: 'dispatch/stale-version' }]);
  });

  it('hands each of the waiting tasks to one of many who ask for the next one at once, and tells the others that the pool is empty', async () => {
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 6; i++) await s.ticket();
      const next = (): Promise<{ status: number; body: Record<string, unknown> }> =>
        s.service.call('POST', '/v1/queues/billing/next', { as: { id: `p${newId()}`, roles: ['handler'], units: ['billing'] } });
      const answers = [];
      for (let burst = 0; burst < 3; burst++) answers.push(...(await Promise.all(Array.from({ length: 16 }, next))));
      const refused = answers.filter((a) => a.status !== 200);
      expect([...new Set(refused.map((a) => `${a.status} ${String(a.body['code'])}`))]).toEqual(['404 dispatch/pool-empty']);
      const handed = answers.flatMap((a) => (a.status === 200 ? [(a.body['case'] as { ticketId: string }).ticketId] : []));
      expect(new Set(handed).size).toBe(handed.length);
    }
  });
});
