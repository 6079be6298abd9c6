import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestAnswer, type TestService } from '@gongdan/messaging/testing';
import { aTicket, startIntake, starter } from '../intake-service.js';
import { idOfTicket, times, ticketDesk } from './ticket-desk.js';

describe('the list of tickets', () => {
  let s: TestService;
  beforeAll(async () => {
    s = await startIntake({ acme: starter, other: starter });
  });
  afterAll(() => s.close());
  const { post, get } = ticketDesk(() => s);

  it('shows every ticket once while others are registered', async () => {
    const mine = new Set((await times(40, () => post(aTicket({ category: 'home.repair' })))).map(idOfTicket));
    const seen: string[] = [];
    for (let next: string | null = ''; next !== null;) {
      const [page] = await Promise.all([
        get(`/v1/tickets?category=home.repair&limit=7${next && `&cursor=${next}`}`),
        post(aTicket({ category: 'home.repair' })),
      ]);
      seen.push(...(page.body['items'] as { id: string }[]).map((t) => t.id));
      next = page.body['next'] as string | null;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect([...mine].filter((id) => !seen.includes(id))).toEqual([]);
  });

  it('filters, and shows no ticket of another organisation', async () => {
    const id = idOfTicket(await post(aTicket({ type: 'suggestion', category: 'service.promise', channel: 'letter', unit: 'front-desk' })));
    const items = async (query: string, org = 'acme') =>
      ((await get(`/v1/tickets?${query}`, org)).body['items'] as { id: string }[]).map((t) => t.id);
    expect(await items('type=suggestion&category=service.promise&channel=letter&unit=front-desk&state=registered')).toEqual([id]);
    for (const miss of [
      'category=service.promise&state=withdrawn',
      'category=service.promise&channel=web',
      'category=service.promise&from=2099-01-01T00:00:00Z',
      'category=service.promise&to=2001-01-01T00:00:00%2B08:00',
    ])
      expect(await items(miss)).toEqual([]);
    expect(await items('category=service.promise', 'other')).toEqual([]);
  });

  it('ends a search that takes longer than four seconds', async () => {
    const { database } = s.running.app;
    let answer: TestAnswer | undefined;
    await database.transaction(async (tx) => {
      await tx.run('lock table tickets in access exclusive mode');
      answer = await get('/v1/tickets?channel=letter');
    });
    expect(answer?.body).toMatchObject({ status: 503, code: 'platform/too-slow' });
    expect(Number(answer?.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('uses the index for the tickets of a unit', async () => {
    const { database } = s.running.app;
    const plan = await database.transaction(async (tx) => {
      await tx.run('set local enable_seqscan = off');
      return tx.rows(
        `explain select * from tickets where org = 'acme' and (null::text is null or channel = null) and ('billing'::text is null or unit = 'billing') order by registered_at desc, id desc limit 50`,
      );
    });
    expect(JSON.stringify(plan)).toContain('tickets_unit');
  });
});
