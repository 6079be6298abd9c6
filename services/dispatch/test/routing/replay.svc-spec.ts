import { readPack } from '@gongdan/packs';
import { type Routing } from '@gongdan/packs/format2';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestAnswer } from '@gongdan/messaging/testing';
import { DispatchService, starter } from '../dispatch-service.js';

const tables = readPack(starter).routing.tables;
type Row = Routing['tables'][string]['rules'][number];
/** The routing of starter with a row before all others. */
const withRow = (row: Row): Routing => ({
  tables: { ...tables, main: { ...tables['main'], rules: [row, ...(tables['main']?.rules ?? [])] } },
});
const refunds: Row = { key: 'refunds', when: { 'class.category': 'billing.refund' }, holder: { unit: 'network' } };
const author = { id: 'author', roles: ['pack-author'], units: [] };

describe('replaying a draft of the routing tables over past tickets', () => {
  let s: DispatchService;
  let refund: string;
  let network: string;
  beforeAll(async () => {
    s = await DispatchService.start();
    refund = await s.ticket({ category: 'billing.refund' });
    network = await s.ticket({ category: 'network' });
  });
  afterAll(() => s.service.close());

  const replay = (body: object, as: object = author): Promise<TestAnswer> =>
    s.service.call('POST', '/v1/routing/replay', { as, body: { pack: 'starter', ...body } });

  it('lists nothing for the table that is in force', async () => {
    expect((await replay({ routing: { tables } })).body).toMatchObject({ judged: 2, withoutTable: 0, items: [], next: null });
  });

  it('lists who would have got a ticket instead, by which row and which facts, with totals per row', async () => {
    const { body } = await replay({ routing: withRow(refunds) });
    expect(body['items']).toEqual([
      expect.objectContaining({
        ticketId: refund,
        number: expect.stringMatching(/^GD/),
        no: 1,
        table: 'main',
        verdict: 'moved',
        was: expect.objectContaining({ rule: 'billing', unit: 'billing' }),
        would: expect.objectContaining({ rule: 'refunds', unit: 'network' }),
        facts: expect.objectContaining({ 'class.category': 'billing.refund' }),
      }),
    ]);
    expect(body['rules']).toEqual(
      expect.arrayContaining([
        { table: 'main', rule: 'billing', before: 1, after: 0, moved: 1, undecidable: 0 },
        { table: 'main', rule: 'refunds', before: 0, after: 1, moved: 0, undecidable: 0 },
      ]),
    );
  });

  it('says that it cannot be told where the draft asks what was not recorded', async () => {
    const asks = withRow({ key: 'asks', when: { 'attributes.size': 'big', 'class.categories': 'billing' }, holder: { unit: 'network' } });
    const { body } = await replay({ routing: asks });
    expect(body['items']).toEqual([expect.objectContaining({ ticketId: refund, verdict: 'undecidable', missing: ['attributes.size'] })]);
  });

  it('passes over a unit that had returned the ticket', async () => {
    await s.act(refund, 'wang', 'return', { reason: 'not money' });
    const all = withRow({ key: 'all', when: {}, holder: { unit: 'billing' } });
    const second = ((await replay({ routing: all })).body['items'] as { ticketId: string; no: number }[]).filter(
      (i) => i.ticketId === refund,
    );
    expect(second).toEqual([]);
  });

  it('goes through all decisions page by page, with the same findings', async () => {
    const whole = (await replay({ routing: withRow(refunds) })).body;
    const items: unknown[] = [];
    let judged = 0;
    for (let cursor: unknown; cursor !== null;) {
      const page = (await replay({ routing: withRow(refunds), limit: 1, ...(cursor === undefined ? {} : { cursor }) })).body;
      items.push(...(page['items'] as unknown[]));
      judged += page['judged'] as number;
      cursor = page['next'];
    }
    expect({ judged, items }).toEqual({ judged: whole['judged'], items: whole['items'] });
  });

  it('takes decisions between two instants only', async () => {
    expect((await replay({ routing: { tables }, to: '2000-01-01T00:00:00Z' })).body).toMatchObject({ judged: 0 });
    expect((await replay({ routing: { tables }, from: '2000-01-01T00:00:00Z' })).body['judged']).toBeGreaterThan(1);
  });

  it('refuses a broken draft with pointers, an unknown pack, a strange cursor, and whoever has no right', async () => {
    expect((await replay({ routing: { tables: { main: { rules: [{ key: 'x' }] } } } })).body).toMatchObject({
      status: 400,
      code: 'platform/invalid-input',
      errors: expect.arrayContaining([expect.objectContaining({ pointer: '/routing/tables/main/rules/0/when' })]),
    });
    expect((await replay({ pack: 'nowhere', routing: { tables } })).body).toMatchObject({ status: 404, code: 'dispatch/no-pack' });
    expect((await replay({ routing: { tables }, cursor: 'x' })).body).toMatchObject({ status: 400, code: 'platform/bad-cursor' });
    expect((await replay({ routing: { tables } }, s.person('wang'))).status).toBe(403);
    expect(network).not.toBe(refund);
  });
});
