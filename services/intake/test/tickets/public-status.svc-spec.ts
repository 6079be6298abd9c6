import { type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { dispatch, type TicketState } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { type TestAnswer, type TestService } from '@gongdan/messaging/testing';
import { Sealer } from '@gongdan/platform';
import { eventually, StatementCounter, testStack } from '@gongdan/testing';
import { WRONG_TAILS_PER_HOUR } from '../../src/use-cases/tickets/public-status.js';
import { aTicket, AT, numbered, publish, startIntake, starter } from '../intake-service.js';

// Limits outlive a run in a Redis that several runs share: an organisation of our own keeps them apart.
const org = `o-${newId().slice(-12)}`;
const noPhone = `n-${newId().slice(-12)}`;

describe('the public status', () => {
  let s: TestService;
  beforeAll(async () => {
    const tries = { STATUS_TRIES_PER_ADDRESS: '100000' };
    s = await startIntake({ [org]: starter, [noPhone]: { ...starter, intake: { ...starter.intake, required: [] } } }, { env: tries });
  });
  afterAll(() => s.close());

  async function registered(contact: object = { phone: '+86 138-0013-5678' }): Promise<{ id: string; number: string }> {
    const made = await s.call('POST', '/v1/tickets', { as: { org }, body: aTicket({ contact }) });
    return { id: String(made.body['id']), number: String(made.body['number']) };
  }
  const ask = (number: string, tail: string | undefined, at = s, of = org) =>
    at.call(
      'GET',
      `/v1/public/${of}/tickets/${encodeURIComponent(number)}${tail === undefined ? '' : `?tail=${encodeURIComponent(tail)}`}`,
      {
        as: null,
      },
    );
  /** Everything of an answer that a caller can tell apart. */
  const visible = (a: TestAnswer) => [
    a.status,
    { ...a.body, correlationId: '', instance: '' },
    [...a.headers].filter(([name]) => !['date', 'x-correlation-id'].includes(name)),
  ];
  const caseEvent = (id: string, event: typeof dispatch.TicketAccepted, state: TicketState) =>
    s.deliver(
      event.of({
        org,
        ticketId: id,
        occurredAt: AT,
        data: { case: dispatch.caseOfOneTask({ step: 'handle', state, unit: 'network', version: 2 }), at: AT },
      }),
    );

  it('shows the state, and nothing else of the ticket, to a client that knows number and tail', async () => {
    const { id, number } = await registered();
    const first = await ask(number, '5678');
    expect(first.body).toEqual({ number, state: 'received', registeredAt: expect.any(String), changedAt: expect.any(String) });
    await caseEvent(id, dispatch.TicketAccepted, 'accepted');
    await eventually(async () => expect((await ask(number, '5678')).body).toMatchObject({ state: 'accepted', changedAt: AT }));
    await s.call('POST', `/v1/tickets/${id}/withdraw`, { as: { org }, body: { reason: 'x' } });
    expect((await ask(number, '5678')).body['state']).toBe('withdrawn');
  });

  it('shows no internal word: a ticket that no rule routes is received', async () => {
    const { id, number } = await registered();
    await s.deliver(
      dispatch.TicketUnroutable.of({
        org,
        ticketId: id,
        occurredAt: AT,
        data: { case: dispatch.caseOfOneTask({ step: 'handle', state: 'unroutable', version: 2 }), at: AT, decision: newId() },
      }),
    );
    await eventually(async () => expect((await ask(number, '5678')).body).toMatchObject({ state: 'received', changedAt: AT }));
  });

  it('answers a wrong tail, none, an unknown number and an unknown organisation alike', async () => {
    const { number } = await registered();
    const wrong = visible(await ask(number, '0000'));
    expect(wrong[0]).toBe(404);
    expect(visible(await ask(`${number.slice(0, -6)}999999`, '5678'))).toEqual(wrong);
    expect(visible(await ask(number, '5678', s, org.replace('o-', 'x-')))).toEqual(wrong);
    for (const tail of [undefined, '567', 'abcd', '', "' or"]) {
      const { number: another } = await registered();
      expect(visible(await ask(another, tail))).toEqual(wrong);
    }
    const made = await s.call('POST', '/v1/tickets', { as: { org: noPhone }, body: aTicket({ contact: { name: '无电话' } }) });
    expect(visible(await ask(String(made.body['number']), '0000', s, noPhone))).toEqual(wrong);
  });

  it('finds a number in any case and width, with blanks around it', async () => {
    const { number } = await registered();
    const wide = [...number].map((c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)).join('');
    const spaced = `${number.slice(0, 2)} ${number.slice(2, 6)} ${number.slice(6)}`;
    for (const typed of [spaced, number.toLowerCase(), ` ${number} `, `\u3000${number}\u00a0`, wide, wide.toLowerCase()])
      expect((await ask(typed, '5678')).body).toMatchObject({ number, state: 'received' });
    expect((await ask(number, '５６７８')).status).toBe(200);
  });

  it('finds a number whose format has full-width characters and small letters', async () => {
    await publish(s, org, numbered('wide', '工单（ab{yyyy}）{seq:4}', false));
    const made = await s.call('POST', '/v1/tickets', { as: { org }, body: aTicket({ pack: 'wide', contact: { phone: '13800135678' } }) });
    const number = String(made.body['number']);
    expect(number).toContain('工单（ab');
    for (const typed of [number, number.replace('（', '(').replace('）', ')'), number.replace('ab', 'AB')])
      expect((await ask(typed, '5678')).body).toMatchObject({ number });
  });

  it('requires more digits after five wrong tails of a number, known or not, and never locks the complainant out', async () => {
    const { number } = await registered();
    const guesses = await Promise.all(Array.from({ length: 20 }, (_, i) => ask(number, String(1_000 + i))));
    expect(guesses.filter((a) => a.status === 404)).toHaveLength(WRONG_TAILS_PER_HOUR);
    expect(guesses.filter((a) => a.status === 422)).toHaveLength(20 - WRONG_TAILS_PER_HOUR);
    const short = await ask(number, '5678');
    expect(short.body).toMatchObject({ status: 422, code: 'intake/more-digits-needed', digits: 8, errors: [{ pointer: '?tail' }] });
    expect((await ask(number, '00135678')).body).toMatchObject({ number, state: 'received' });
    expect((await ask(number, '138 0013 5678')).status).toBe(200);
    expect((await ask(number, '99135678')).status).toBe(404);
    const unknown = `${number.slice(0, -6)}888888`;
    for (let i = 0; i < WRONG_TAILS_PER_HOUR; i++) expect((await ask(unknown, '0000')).status).toBe(404);
    expect(visible(await ask(unknown, '5678'))).toEqual(visible(short));
    expect(visible(await ask(unknown, '00135678'))).toEqual(visible(await ask(number, '99135678')));
    expect((await ask((await registered()).number, '5678')).status).toBe(200);
  });

  it('opens a guessed ticket of a short phone number by all of its digits', async () => {
    const { number } = await registered({ phone: '6552-998' });
    for (let i = 0; i < WRONG_TAILS_PER_HOUR; i++) await ask(number, '0000');
    expect((await ask(number, '2998')).status).toBe(422);
    expect((await ask(number, '6552998')).status).toBe(200);
  });

  it('does not count right tails', async () => {
    const { number } = await registered();
    for (let i = 0; i < WRONG_TAILS_PER_HOUR * 3; i++) expect((await ask(number, '5678')).status).toBe(200);
  });

  it('does the same work for a number that does not exist as for a wrong tail, so that neither takes longer', async () => {
    const { number } = await registered();
    const opened = jest.spyOn(Sealer.prototype, 'open');
    const counted = new StatementCounter(s.running.app.database);
    counted.watch(s.running.app.nest.getHttpServer() as Server);
    const work = async (asked: string): Promise<{ statements: number; opened: number }> => {
      const [statements, before] = [counted.total, opened.mock.calls.length];
      expect((await ask(asked, '99999999')).status).toBe(404);
      return { statements: counted.total - statements, opened: opened.mock.calls.length - before };
    };
    const wrongTail = await work(number);
    expect(wrongTail.opened).toBeGreaterThan(0);
    expect(await work(`${number}-1`)).toEqual(wrongTail);
    opened.mockRestore();
  });

  describe('when one tail is tried on many numbers', () => {
    const TRIES = 8;
    const replica = (env: Record<string, string> = {}) =>
      startIntake({}, { database: s.database, bus: s.bus, env: { STATUS_TRIES_PER_ADDRESS: String(TRIES), ...env } });
    const from = (at: TestService, address: string, number: string, tail = '0000') =>
      at.call('GET', `/v1/public/${org}/tickets/${number}?tail=${tail}`, { as: null, headers: { 'x-forwarded-for': address } });
    const statuses = (all: TestAnswer[]) => all.map((a) => a.status);

    it('refuses a client after some wrong tries, even sent at once, and no other client', async () => {
      const { number } = await registered();
      const at = await replica({ TRUST_PROXY: '127.0.0.1' });
      try {
        const sprayed = await Promise.all(Array.from({ length: 40 }, (_, i) => from(at, '203.0.113.7', `GD-${i}`)));
        expect(statuses(sprayed).filter((status) => status === 404)).toHaveLength(TRIES);
        const refused = await from(at, '203.0.113.7', number, '5678');
        expect(refused.body).toMatchObject({ status: 429, code: 'intake/too-many-tries' });
        expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
        // Addresses that the client itself sent come first; the proxy appends the one it saw.
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

    it('refuses a client that invents organisations', async () => {
      const at = await replica();
      try {
        const tried = [];
        for (let i = 0; i <= TRIES; i++) tried.push(await ask('GD1', '0000', at, `invented-${i}`));
        expect(statuses(tried)).toEqual([...Array<number>(TRIES).fill(404), 429]);
      } finally {
        await at.close();
      }
    });

    it('ignores a forwarded address that no trusted proxy wrote', async () => {
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

  it('counts wrong tails of all replicas through Redis', async () => {
    const replicas = await Promise.all(
      [1, 2].map(() =>
        startIntake({}, { database: s.database, bus: s.bus, env: { REDIS_URL: testStack().redis, STATUS_TRIES_PER_ADDRESS: '100000' } }),
      ),
    );
    const [a, b] = replicas as [TestService, TestService];
    try {
      const { RedisConnection } = await import('@gongdan/platform');
      await eventually(() => expect(replicas.map((r) => r.running.app.nest.get(RedisConnection).available)).toEqual([true, true]));
      const { number } = await registered();
      for (let i = 0; i < WRONG_TAILS_PER_HOUR; i++) expect((await ask(number, '0000', i % 2 ? a : b)).status).toBe(404);
      expect([(await ask(number, '5678', a)).status, (await ask(number, '5678', b)).status]).toEqual([422, 422]);
    } finally {
      await Promise.all(replicas.map((r) => r.close()));
    }
  });
});
