import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type EventDraft } from '@gongdan/contracts';
import { TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import fc from 'fast-check';
import { reporting } from '../src/reporting.module.js';
import { at, deliverAll, dispatched, ledgerNoted, packPublished, registered, type Subject, subject } from './tickets.js';

// The same draws in each run; SEED=… makes others.
fc.configureGlobal({ seed: Number(process.env['SEED'] ?? 20_261_129) });

type Entry = { account: string; item?: string; quantity: number };

describe('the ledger', () => {
  let s: TestService;
  beforeAll(async () => {
    s = await TestService.start(reporting);
  });
  afterAll(() => s.close());

  const report = async (query: string, org: string) => (await s.call('GET', `/v1/reports/ledger?${query}`, { as: { org } })).body;
  const items = async (query: string, org: string) => (await report(query, org))['items'];
  const ticketWith = async (ticket: Subject, unit: string, ...drafts: EventDraft[]) =>
    deliverAll(s, ticket, registered(ticket, 'L'), dispatched(ticket, 1, 0, unit), ...drafts);

  it('sums the entries of each account by item, and counts an entry once when its event is delivered twice', async () => {
    const ticket = subject('sums');
    await ticketWith(
      ticket,
      'store',
      ledgerNoted(ticket, 2, 1, 'ku', [{ account: 'stock', item: 'P-100', quantity: 10 }]),
      ledgerNoted(ticket, 3, 2, 'shou', [
        { account: 'stock', item: 'P-100', quantity: -2 },
        { account: 'stock', item: 'P-200', quantity: 1 },
        { account: 'stock', item: 'P-200', quantity: 1 },
        { account: 'work-hours', quantity: 0.1 },
        { account: 'work-hours', quantity: 0.2 },
      ]),
    );
    expect(await report('', 'sums')).toMatchObject({ by: 'item', complete: true, incompleteBecause: [], groups: 3 });
    expect(await items('', 'sums')).toEqual([
      { account: 'stock', item: 'P-100', quantity: 8, entries: 2 },
      { account: 'stock', item: 'P-200', quantity: 2, entries: 2 },
      // Decimal: in doubles it would be 0.30000000000000004.
      { account: 'work-hours', item: null, quantity: 0.3, entries: 2 },
    ]);
    expect(await items('account=stock&by=person', 'sums')).toEqual([
      { account: 'stock', person: 'ku', quantity: 10, entries: 1 },
      { account: 'stock', person: 'shou', quantity: 0, entries: 3 },
    ]);
    expect(await report('account=stock&limit=1', 'sums')).toMatchObject({ groups: 2, items: [{ item: 'P-100' }] });
    for (const [query, quantity] of Object.entries({ 'item=P-200': 2, 'person=ku': 10, 'account=work-hours': 0.3 }))
      expect(await items(query, 'sums')).toMatchObject([{ quantity }]);
  });

  it('keeps an entry in the unit that had the case when the event hands the case to another unit', async () => {
    const ticket = subject('moves');
    await ticketWith(ticket, 'north', ledgerNoted(ticket, 2, 1, 'w', [{ account: 'hours', quantity: 3 }], 'south'));
    expect(await items('by=unit', 'moves')).toEqual([{ account: 'hours', unit: 'north', quantity: 3, entries: 1 }]);
    expect(await items('unit=south', 'moves')).toEqual([]);
  });

  it('counts months in the zone of the organisation, and takes from as included and to as not', async () => {
    const ticket = subject('months');
    await s.deliver(packPublished('months', 'Asia/Shanghai'));
    // 30 days after 2 March, 01:00 UTC; 16:00 UTC on 31 March is April in Shanghai.
    const hours = 29 * 24 + 15;
    const one = [{ account: 'hours', quantity: 1 }];
    await ticketWith(ticket, 'north', ledgerNoted(ticket, 2, 1, 'w', one), ledgerNoted(ticket, 3, hours, 'w', one));
    await eventually(async () => expect(await report('by=month', 'months')).toMatchObject({ zone: 'Asia/Shanghai' }));
    expect(await items('by=month', 'months')).toMatchObject([{ month: '2026-03' }, { month: '2026-04' }]);
    expect(await items('by=month&zone=UTC', 'months')).toMatchObject([{ month: '2026-03', quantity: 2 }]);
    expect(await items(`from=${at(1)}&to=${at(hours)}`, 'months')).toMatchObject([{ entries: 1 }]);
    expect(await items(`from=${at(hours)}`, 'months')).toMatchObject([{ entries: 1 }]);
  });

  it('exports CSV in which no cell is a formula, and states how complete it is', async () => {
    const ticket = subject('csv');
    await ticketWith(ticket, 'north', ledgerNoted(ticket, 2, 1, 'w', [{ account: 'hours', item: '=cmd|calc', quantity: -1.5 }]));
    const { text, headers } = await s.call('GET', '/v1/reports/ledger?format=csv', { as: { org: 'csv' } });
    expect(headers.get('content-type')).toContain('text/csv');
    expect([headers.get('x-gongdan-complete'), headers.get('content-disposition')]).toEqual(['true', 'attachment; filename="ledger.csv"']);
    expect(text).toBe('"account","item","quantity","entries"\n"hours","\'=cmd|calc","-1.5","1"\n');
  });

  it('stores an item with characters that Postgres refuses, and answers when a sum exceeds the range of a double', async () => {
    const ticket = subject('odd');
    const huge = { account: 'a', item: 'x\u0000y', quantity: Number.MAX_VALUE };
    await ticketWith(ticket, 'north', ledgerNoted(ticket, 2, 1, 'w', [huge, huge]));
    expect(await items('', 'odd')).toEqual([{ account: 'a', item: 'x\ufffdy', quantity: 1e308, entries: 2 }]);
  });

  it.each(['by=ticket', 'by=constructor', 'format=xml', 'limit=0', 'from=yesterday', 'zone=Mars/Olympus', 'bogus=1'])('refuses %s with 400', async (query) => {
    expect(await report(query, 'nobody')).toMatchObject({ status: 400, errors: [{ pointer: `?${query.split('=')[0]}` }] });
  }); // prettier-ignore

  it('derives the same sums again from the stream when a rebuild is started', async () => {
    const before = await items('', 'sums');
    await s.running.app.database.run("update ledger_entries set quantity = quantity + 1 where org = 'sums'");
    const started = await s.call('POST', '/v1/rebuild', { body: {} });
    await eventually(async () =>
      expect((await s.call('GET', `/v1/rebuild/${String(started.body['id'])}`)).body['finishedAt']).not.toBeNull(),
    );
    await eventually(async () => expect(await items('', 'sums')).toEqual(before));
    expect(before).toHaveLength(3);
  });

  it('sums what a recount of the events gives, whatever the entries are', async () => {
    const entry = fc.record({
      account: fc.constantFrom('stock', 'hours'),
      item: fc.constantFrom('a', 'b', '王师傅'),
      quantity: fc.integer({ min: -10_000, max: 10_000 }).map((n) => n / 100),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(entry, { maxLength: 5 }), { minLength: 1, maxLength: 6 }), async (events) => {
        const org = `recount${run++}`;
        const ticket = subject(org);
        await ticketWith(ticket, 'north', ...events.map((entries, i) => ledgerNoted(ticket, i + 2, 1, `p${i % 2}`, entries)));
        for (const by of ['item', 'person'] as const) {
          const rows = (await items(`by=${by}`, org)) as (Record<typeof by, string> & Entry)[];
          const sums = Object.fromEntries(rows.map((r) => [`${r.account} ${r[by]}`, Math.round(r.quantity * 100)]));
          expect(sums).toEqual(recount(events, (e, i) => `${e.account} ${by === 'item' ? String(e.item) : `p${i % 2}`}`));
        }
      }),
      { numRuns: 12 },
    );
  });
});

/** In hundredths. */
function recount(events: readonly (readonly Entry[])[], keyOf: (entry: Entry, event: number) => string): Record<string, number> {
  const sums: Record<string, number> = {};
  events.forEach((entries, i) => {
    for (const e of entries) sums[keyOf(e, i)] = (sums[keyOf(e, i)] ?? 0) + Math.round(e.quantity * 100);
  });
  return sums;
}
