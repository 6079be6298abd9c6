import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dispatch, TICKETS, toWire } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { reporting } from '../src/reporting.module.js';
import { AT, at, clockBreached, clockStarted, clockStopped, closed, deliverAll, dispatched, packPublished, registered, returned, subject, unroutable } from './tickets.js'; // prettier-ignore

describe('figures', () => {
  let s: TestService;
  const stats = async (query: string, org = 'acme') => (await s.call('GET', `/v1/stats?${query}`, { as: { org } })).body;

  beforeAll(async () => {
    s = await TestService.start(reporting);
    const [one, two] = [subject(), subject()];
    await s.deliver(packPublished('acme', 'Asia/Shanghai', ['agency']));
    await deliverAll(
      s,
      one,
      registered(one, 'GD202603000001', { attributes: { agency: 'Water' } }),
      dispatched(one),
      clockStarted(one),
      closed(one, 2, 24),
      clockBreached(one),
      clockStopped(one, 24),
    );
    await deliverAll(s, two, registered(two, 'GD202603000002', { channel: 'web', history: { job: 'j', source: 'old', dueAt: at(-1) } }));
  });
  afterAll(() => s.close());

  it('counts and rates the tickets of the organisation', async () => {
    expect((await stats('by=all'))['items']).toEqual([
      {
        key: 'all',
        total: 2,
        open: 1,
        closed: 1,
        closedAfterDue: 0,
        promises: 1,
        kept: 0,
        onTimeRate: 0,
        breaches: 1,
        returns: 0,
        reopens: 0,
        urges: 0,
        medianDaysOpen: 1,
      },
    ]);
  });

  it('counts by a property, a span of time and an attribute', async () => {
    expect((await stats('by=channel'))['items']).toEqual([
      expect.objectContaining({ key: 'phone', total: 1 }),
      expect.objectContaining({ key: 'web', total: 1 }),
    ]);
    expect((await stats('by=month'))['items']).toEqual([expect.objectContaining({ key: '2026-03', total: 2 })]);
    await eventually(async () =>
      expect((await stats('by=attribute.agency'))['items']).toEqual([
        expect.objectContaining({ key: 'Water' }),
        expect.objectContaining({ key: null }),
      ]),
    );
  });

  it('counts urges, and tickets by the unit and the class of the last finding of fault', async () => {
    const ticket = subject('judged');
    const about = { ...ticket, occurredAt: at(2) };
    const now = (version: number) => ({
      case: dispatch.caseOfOneTask({ step: 's', state: 'accepted', unit: 'network', version }),
      at: at(2),
    });
    await deliverAll(
      s,
      ticket,
      registered(ticket, 'GD1'),
      dispatched(ticket),
      dispatch.TicketUrged.of({ ...about, data: { ...now(2), count: 1 } }),
      dispatch.TicketUrged.of({ ...about, data: { ...now(3), count: 2 } }),
      dispatch.TicketJudged.of({ ...about, data: { ...now(4), unit: 'billing', class: 'late' } }),
      dispatch.TicketJudged.of({
        ...about,
        data: { ...now(5), unit: 'network', class: 'rude', before: { unit: 'billing', class: 'late' } },
      }),
    );
    for (const [by, key] of Object.entries({ judgedUnit: 'network', judgedClass: 'rude' }))
      expect((await stats(`by=${by}`, 'judged'))['items']).toEqual([expect.objectContaining({ key, total: 1, urges: 2 })]);
  });

  it('counts an unroutable ticket under no unit, also after a unit returned it', async () => {
    const ticket = subject('lost');
    await deliverAll(s, ticket, registered(ticket, 'GD1'), dispatched(ticket), returned(ticket, 2, 1), unroutable(ticket, 3, 1));
    expect((await stats('by=unit', 'lost'))['items']).toEqual([expect.objectContaining({ key: null, total: 1, returns: 1 })]);
    expect((await s.call('GET', '/v1/search?unit=network', { as: { org: 'lost' } })).body['items']).toEqual([]);
  });

  it.each(['password', 'constructor', 'toString', '__proto__', 'hasOwnProperty', 'attribute.', 'attribute.nosuch', 'attribute.constructor', 'all.x', 'day.x'])(
    'refuses the dimension %s with 400 and names those that exist',
    async (by) => {
      expect(await stats(`by=${by}`)).toMatchObject({
        status: 400,
        code: 'reporting/no-such-dimension',
        errors: [{ pointer: '?by', detail: expect.stringContaining('month') as unknown }],
      });
    },
  ); // prettier-ignore

  it('does not know the attributes of another organisation', async () => {
    expect(await stats('by=attribute.agency', 'lost')).toMatchObject({ status: 400, code: 'reporting/no-such-dimension' });
  });

  it('counts days in the zone of the pack that the organisation published last, and names the zone', async () => {
    const ticket = subject('baltimore');
    await s.deliver(packPublished('baltimore', 'Asia/Tokyo'));
    await s.deliver({ ...packPublished('baltimore', 'America/New_York', [], 2), occurredAt: at(1) });
    // 01:00 UTC on 2 March is still the evening of 1 March in Baltimore.
    await deliverAll(s, ticket, registered(ticket, 'B1'));
    await eventually(async () => expect((await stats('by=day', 'baltimore'))['zone']).toBe('America/New_York'));
    expect((await stats('by=day', 'baltimore'))['items']).toEqual([expect.objectContaining({ key: '2026-03-01' })]);
    expect(await stats('by=day&zone=Asia/Shanghai', 'baltimore')).toMatchObject({ zone: 'Asia/Shanghai', items: [{ key: '2026-03-02' }] });
  });

  it('counts in UTC and names that zone while the organisation has published no pack', async () => {
    expect((await stats('by=all', 'nobody'))['zone']).toBe('UTC');
  });

  it.each([
    ['Asia/Kolkata', '02'],
    ['PRC', '02'],
    ['US/Eastern', '01'],
    ['asia/shanghai', '02'],
    ['Etc/UTC', '02'],
    ['UTC', '02'],
  ])('counts days in the zone %s', async (zone, day) => {
    expect(await stats(`by=day&zone=${zone}`)).toMatchObject({ items: [{ key: `2026-03-${day}`, total: 2 }] });
  });

  // Postgres would read +08:00 as eight hours west.
  it.each(['Mars/Olympus', '+08:00', '-05', 'constructor', "UTC'", 'UTC+3'])('refuses the zone %s with 400', async (zone) => {
    expect(await stats(`by=day&zone=${encodeURIComponent(zone)}`)).toMatchObject({ status: 400, errors: [{ pointer: '?zone' }] });
  });

  it('returns the largest groups as many as the limit allows, and how many there are', async () => {
    const tickets = [subject('many'), subject('many'), subject('many')];
    for (const [i, t] of tickets.entries()) await deliverAll(s, t, registered(t, `M${i}`, { category: i === 0 ? 'billing' : 'network' }));
    expect(await stats('by=category&limit=1', 'many')).toMatchObject({ groups: 2, items: [{ key: 'network', total: 2 }] });
    expect((await stats('by=category&limit=1', 'many'))['items']).toHaveLength(1);
    expect(await stats('by=category&limit=0', 'many')).toMatchObject({ status: 400, errors: [{ pointer: '?limit' }] });
  });

  it('marks figures as complete and gives the instant at which they were read', async () => {
    const before = Date.now();
    const body = await stats('by=all');
    expect(body).toMatchObject({ complete: true, incompleteBecause: [] });
    expect(Math.abs(Date.parse(String(body['asOf'])) - before)).toBeLessThan(10_000);
  });

  it('marks figures as incomplete while an earlier event of a ticket of the organisation is missing', async () => {
    const ticket = subject('gappy');
    await s.deliver(registered(ticket, 'G1'));
    await s.deliver(closed(ticket, 2, 1), { seq: 2 });
    await eventually(async () =>
      expect(await stats('by=all', 'gappy')).toMatchObject({ complete: false, incompleteBecause: ['missing-events'] }),
    );
    expect(await stats('by=all')).toMatchObject({ complete: true });
    await s.deliver(dispatched(ticket), { seq: 1 });
    await eventually(async () => expect(await stats('by=all', 'gappy')).toMatchObject({ complete: true, items: [{ closed: 1 }] }));
  });

  it('marks figures as incomplete while an event of the organisation is parked', async () => {
    const ticket = subject('parky');
    await s.deliver(registered(ticket, 'P1'));
    await s.deliver({ ...closed(ticket, 1, 1), version: 99 });
    await eventually(async () =>
      expect(await stats('by=all', 'parky')).toMatchObject({ complete: false, incompleteBecause: ['parked-events'] }),
    );
    expect((await s.call('GET', '/v1/export.csv', { as: { org: 'parky' } })).headers.get('x-gongdan-complete')).toBe('false');
    expect(await stats('by=all')).toMatchObject({ complete: true });
  });

  it('marks figures as complete when only a message without a signature claims that events are missing', async () => {
    const ticket = subject('forged');
    await deliverAll(s, ticket, registered(ticket, 'F1'));
    const { data, ...draft } = closed(ticket, 1, 1);
    const place = { id: newId(), producer: 'dispatch' as const, seq: 7, correlationId: 'c', actor: { id: 'eve' } };
    await s.bus.publish(TICKETS.name, [toWire({ ...draft, ...place }, JSON.stringify(data))]);
    await eventually(async () => expect((await s.call('GET', '/v1/ops/parked')).text).toContain('messaging/unsigned'));
    expect(await stats('by=all', 'forged')).toMatchObject({ complete: true, incompleteBecause: [] });
  });

  it('refuses bounds that no instant of the years 1 to 9999 has with 400, and takes every offset', async () => {
    for (const bound of ['0000-01-01T00:00:00Z', '9999-12-31T23:59:59-23:59', 'yesterday'])
      expect(await stats(`from=${encodeURIComponent(bound)}`)).toMatchObject({ status: 400, errors: [{ pointer: '?from' }] });
    expect(await stats(`from=${encodeURIComponent('2026-03-02T23:59:00+23:59')}`)).toMatchObject({ items: [{ total: 2 }] });
    expect(await stats(`to=${encodeURIComponent(AT)}`)).toMatchObject({ items: [] });
  });
});
