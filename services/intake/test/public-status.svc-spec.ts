import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dispatch } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { type TestAnswer, type TestService } from '@gongdan/messaging/testing';
import { eventually, testStack } from '@gongdan/testing';
import { WRONG_TAILS_PER_HOUR } from '../src/use-cases/tickets/public-status.js';
import { aTicket, AT, startIntake, starter } from './intake-service.js';

// Limits outlive a run in a Redis that several runs share: an organisation of our own keeps them apart.
const org = `o-${newId().slice(-12)}`;

describe('the public status', () => {
  let s: TestService;
  beforeAll(async () => {
    s = await startIntake({ [org]: starter });
  });
  afterAll(() => s.close());

  async function registered(contact: object = { phone: '+86 138-0013-5678' }): Promise<{ id: string; number: string }> {
    const made = await s.call('POST', '/v1/tickets', { as: { org }, body: aTicket({ contact }) });
    return { id: String(made.body['id']), number: String(made.body['number']) };
  }
  const ask = (number: string, tail: string, at = s, of = org) =>
    at.call('GET', `/v1/public/${of}/tickets/${encodeURIComponent(number)}?tail=${tail}`, { as: null });
  const told = (a: TestAnswer) => [
    a.status,
    { ...a.body, correlationId: '', instance: '' },
    [...a.headers].filter(([name]) => !['date', 'x-correlation-id'].includes(name)),
  ];

  it('tells the state to whoever knows number and tail, and nothing else of the ticket', async () => {
    const { id, number } = await registered();
    const first = await ask(number, '5678');
    expect(first.body).toEqual({ number, state: 'received', registeredAt: expect.any(String), changedAt: expect.any(String) });
    await s.deliver(
      dispatch.TicketAccepted.of({
        org,
        ticketId: id,
        occurredAt: AT,
        data: { case: { step: 'handle', state: 'accepted', unit: 'network', version: 2 }, at: AT },
      }),
    );
    await eventually(async () => expect((await ask(number, '5678')).body).toMatchObject({ state: 'accepted', changedAt: AT }));
    await s.call('POST', `/v1/tickets/${id}/withdraw`, { as: { org }, body: { reason: 'x' } });
    expect((await ask(number, '5678')).body['state']).toBe('withdrawn');
  });

  it('answers a wrong tail, an unknown number and an unknown organisation alike', async () => {
    const { number } = await registered();
    const wrong = told(await ask(number, '0000'));
    expect(wrong[0]).toBe(404);
    expect(told(await ask(`${number.slice(0, -6)}999999`, '5678'))).toEqual(wrong);
    expect(told(await ask(number, '5678', s, org.replace('o-', 'x-')))).toEqual(wrong);
    const mute = await registered({ name: '无电话', phone: '----' });
    expect(told(await ask(mute.number, '0000'))).toEqual(wrong);
  });

  it.each(['567', '56789', 'abcd', '', '５６７８', "' or"])('refuses the tail %j', async (tail) => {
    expect((await ask('GD1', encodeURIComponent(tail))).body).toMatchObject({
      status: 400,
      code: 'platform/invalid-input',
      errors: [{ pointer: '?tail' }],
    });
  });

  it('ends guessing after five wrong tails per number, known or not, even sent at once; Redis is away', async () => {
    const { number } = await registered();
    const guesses = await Promise.all(Array.from({ length: 60 }, (_, i) => ask(number, String(1_000 + i))));
    expect(guesses.filter((a) => a.status === 404)).toHaveLength(WRONG_TAILS_PER_HOUR);
    expect(guesses.filter((a) => a.status === 429)).toHaveLength(60 - WRONG_TAILS_PER_HOUR);
    const right = await ask(number, '5678');
    expect(right.body).toMatchObject({ status: 429, code: 'intake/too-many-tries' });
    expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(0);
    const unknown = `${number.slice(0, -6)}888888`;
    for (let i = 0; i < WRONG_TAILS_PER_HOUR; i++) expect((await ask(unknown, '0000')).status).toBe(404);
    expect(told(await ask(unknown, '0000'))).toEqual(told(right));
    expect((await ask((await registered()).number, '5678')).status).toBe(200);
  });

  it('does not count right tails', async () => {
    const { number } = await registered();
    for (let i = 0; i < WRONG_TAILS_PER_HOUR * 3; i++) expect((await ask(number, '5678')).status).toBe(200);
  });

  describe('spraying one tail over all numbers', () => {
    const TRIES = 8;
    const replica = (env: Record<string, string> = {}) =>
      startIntake({}, { database: s.database, bus: s.bus, env: { STATUS_TRIES_PER_ADDRESS: String(TRIES), ...env } });
    const from = (at: TestService, address: string, number: string, tail = '0000') =>
      at.call('GET', `/v1/public/${org}/tickets/${number}?tail=${tail}`, { as: null, headers: { 'x-forwarded-for': address } });
    const statuses = (all: TestAnswer[]) => all.map((a) => a.status);

    it('ends after some wrong tries per client, even sent at once; others still ask', async () => {
      const { number } = await registered();
      const at = await replica({ TRUST_PROXY: '127.0.0.1' });
      try {
        const sprayed = await Promise.all(Array.from({ length: 40 }, (_, i) => from(at, '203.0.113.7', `GD-${i}`)));
        expect(statuses(sprayed).filter((status) => status === 404)).toHaveLength(TRIES);
        const refused = await from(at, '203.0.113.7', number, '5678');
        expect(refused.body).toMatchObject({ status: 429, code: 'intake/too-many-tries' });
        expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
        // What a client himself says of his way comes first; the proxy appends the address it saw.
        expect(
          statuses([await from(at, '198.51.100.1, 203.0.113.7', number, '5678'), await from(at, '203.0.113.8', number, '5678')]),
        ).toEqual([429, 200]);
        for (let i = 0; i < TRIES; i++) await from(at, `2001:db8:1:2::${i}`, `GD6-${i}`);
        expect(
          statuses([await from(at, '2001:db8:1:2:ffff::1', number, '5678'), await from(at, '2001:db8:1:3::1', number, '5678')]),
        ).toEqual([429, 200]);
      } finally {
        await at.close();
      }
    });

    it('is not made easier by a header nobody vouches for', async () => {
      const at = await replica();
      try {
        const sprayed = [];
        for (let i = 0; i <= TRIES; i++) sprayed.push(await from(at, `203.0.113.${i}`, `GD-${i}`));
        expect(statuses(sprayed)).toEqual([...Array<number>(TRIES).fill(404), 429]);
      } finally {
        await at.close();
      }
    });
  });

  it('counts over all replicas, through Redis', async () => {
    const replicas = await Promise.all(
      [1, 2].map(() => startIntake({}, { database: s.database, bus: s.bus, env: { REDIS_URL: testStack().redis } })),
    );
    const [a, b] = replicas as [TestService, TestService];
    try {
      const { RedisConnection } = await import('@gongdan/platform');
      await eventually(() => expect(replicas.map((r) => r.running.app.nest.get(RedisConnection).available)).toEqual([true, true]));
      const { number } = await registered();
      for (let i = 0; i < WRONG_TAILS_PER_HOUR; i++) expect((await ask(number, '0000', i % 2 ? a : b)).status).toBe(404);
      expect([(await ask(number, '5678', a)).status, (await ask(number, '5678', b)).status]).toEqual([429, 429]);
    } finally {
      await Promise.all(replicas.map((r) => r.close()));
    }
  });
});
