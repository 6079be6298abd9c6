import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestService } from '@gongdan/messaging/testing';
import { aTicket, gapFree, numbered, publish, startIntake, starter } from '../intake-service.js';
import { numbersOf, times, ticketDesk } from './ticket-desk.js';

describe('ticket numbers', () => {
  let s: TestService;
  beforeAll(async () => {
    s = await startIntake({ acme: starter, gapless: gapFree });
  });
  afterAll(() => s.close());
  const { post } = ticketDesk(() => s);

  it('ticket numbers are unique when 50 tickets are registered at once', async () => {
    const all = await times(50, () => post());
    expect(new Set(numbersOf(all)).size).toBe(50);
    for (const number of numbersOf(all)) expect(number).toMatch(/^GD20\d{4}\d{6}$/);
  });

  it('ticket numbers have no gap when the series is gap-free, although some requests fail and two replicas work at once', async () => {
    const replica = await startIntake({}, { database: s.database, bus: s.bus });
    const create = (i: number) => {
      // Every third fails late, in the statement itself; the number that it took must be used again.
      const body = aTicket({
        unit: i % 2 ? 'network' : 'billing',
        ...(i % 3 === 0 ? { externalKey: 'G-1', title: `other ${i}` } : {}),
        ...(i % 7 === 0 ? { category: 'unknown' } : {}),
      });
      return (i % 2 ? s : replica).call('POST', '/v1/tickets', { body, as: { org: 'gapless' } });
    };
    const all = [...(await times(50, create)), ...(await times(50, create))];
    await replica.close();
    expect(new Set(all.map((a) => a.status))).toEqual(new Set([201, 409, 422]));
    for (const code of ['NW', 'BL']) {
      const numbers = [...new Set(numbersOf(all.filter((a) => a.status === 201)))].filter((n) => n.startsWith(code)).sort();
      expect(numbers.length).toBeGreaterThan(20);
      expect(numbers.map((n) => n.slice(0, -3))).toEqual(numbers.map(() => numbers[0]?.slice(0, -3)));
      expect(numbers.map((n) => Number(n.slice(-3)))).toEqual(numbers.map((_, i) => i + 1));
    }
  });

  it.each([
    ['the same format', 'N{seq:4}', 'N{seq:4}'],
    ['formats of different widths', 'N{seq:4}', 'N{seq:2}'],
    ['formats that read alike', 'N{seq:4}', 'N0{seq:3}'],
  ])('ticket numbers stay unique when two packs of an organisation have %s', async (name, one, other) => {
    for (const gaps of [false, true]) {
      const org = `${name}, ${gaps}`.replaceAll(/\W+/g, '-');
      await publish(s, org, numbered('one', one, gaps));
      await publish(s, org, numbered('other', other, gaps));
      const all = await times(12, (i) =>
        post(aTicket({ pack: i % 2 ? 'one' : 'other', ...(i % 3 ? {} : { externalKey: `N-${i}` }) }), {}, org),
      );
      expect(all.map((a) => [a.status, a.body['code']])).toEqual(all.map(() => [201, undefined]));
      expect(new Set(numbersOf(all)).size).toBe(12);
    }
  });

  it('pass over existing numbers, without a gap when the series is gap-free', async () => {
    await publish(s, 'moved', numbered('desk', '{yyyy}-{seq:3}', true, ['year']));
    const year = String((await post(aTicket(), {}, 'moved')).body['number']).slice(0, 4);
    await times(4, () => post(aTicket(), {}, 'moved'));
    await publish(s, 'moved', numbered('desk', '{yyyy}-{seq:3}', true, [], 2));
    expect(numbersOf([await post(aTicket(), {}, 'moved'), await post(aTicket(), {}, 'moved')])).toEqual([`${year}-006`, `${year}-007`]);
  });
});
