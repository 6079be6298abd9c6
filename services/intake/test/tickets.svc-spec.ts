import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dispatch } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { PackRegistry } from '@gongdan/messaging';
import { type TestAnswer, type TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { AcceptGate } from '../src/store/accept-gate.js';
import { aTicket, AT, gapFree, numbered, publish, startIntake, starter } from './intake-service.js';
import { countStatements } from './statements.js';

const idOfTicket = (a: TestAnswer): string => String(a.body['id']);
const numbersOf = (all: TestAnswer[]): string[] => all.map((a) => String(a.body['number']));
const times = <T>(n: number, work: (i: number) => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: n }, (_, i) => work(i)));

describe('tickets', () => {
  let s: TestService;
  let statements: () => number;
  beforeAll(async () => {
    s = await startIntake({ acme: starter, other: starter, gapless: gapFree, moving: starter });
    statements = countStatements(s);
  });
  afterAll(() => s.close());

  const post = (body: object = aTicket(), headers: Record<string, string> = {}, org = 'acme') =>
    s.call('POST', '/v1/tickets', { body, headers, as: { org } });
  const get = (path: string, org = 'acme') => s.call('GET', path, { as: { org } });
  const keyed = (key: string, body: object = aTicket()) => post(body, { 'idempotency-key': key });
  const keyedIn = (org: string, body: object) => post(body, { 'idempotency-key': '"repeated"' }, org);
  const ticketsTitled = async (title: string): Promise<number> =>
    (await s.running.app.database.rows('select 1 from tickets where title = $1', [title])).length;
  const accepted = (ticketId: string, org = 'acme') =>
    s.deliver(
      dispatch.TicketAccepted.of({
        org,
        ticketId,
        occurredAt: AT,
        data: { case: { step: 'handle', state: 'accepted', unit: 'network', version: 2 }, at: AT },
      }),
    );

  describe('registering', () => {
    it('says so, seals the contact and shows it masked', async () => {
      const made = await post();
      expect(made.status).toBe(201);
      const id = idOfTicket(made);
      expect(made.headers.get('location')).toBe(`/v1/tickets/${id}`);
      await eventually(() => expect(s.emitted(id).map((e) => e.name)).toEqual(['intake.ticket-registered']));
      expect(s.emitted(id)[0]).toMatchObject({ seq: 1, data: { number: made.body['number'], title: 'No signal at home', hasEmail: true } });
      const read = await get(`/v1/tickets/${id}`);
      expect(read.body).toMatchObject({
        id,
        state: 'registered',
        contact: { name: '李*', phone: '138****5678', email: 'l***@example.org' },
      });
      expect(read.headers.get('etag')).toBe('"v1"');
    });

    it('never lets the clear phone or e-mail out, nor into a table', async () => {
      const id = idOfTicket(await post(aTicket({ contact: { name: '韩梅梅', phone: '13987654321', email: 'meimei@private.example' } })));
      await s.call('PATCH', `/v1/tickets/${id}`, {
        body: { contact: { name: '韩梅梅', phone: '13911122233', email: 'hmm@private.example' } },
      });
      await eventually(() => expect(s.emitted(id)).toHaveLength(2));
      const { database } = s.running.app;
      const stored = await Promise.all(
        ['tickets', 'ticket_event', 'outbox', 'idempotency_keys'].map((t) => database.rows(`select t::text from ${t} t`)),
      );
      const seen = JSON.stringify([s.emitted(id), (await get(`/v1/tickets/${id}`)).text, (await get('/v1/tickets')).text, stored]);
      for (const secret of ['13987654321', '13911122233', 'meimei@', 'hmm@', '韩梅梅']) expect(seen).not.toContain(secret);
    });

    it.each([
      ['running numbers', 'acme', {}],
      ['running numbers and an Idempotency-Key', 'acme', { 'idempotency-key': '"budget"' }],
      ['gap-free numbers', 'gapless', {}],
      ['gap-free numbers and an Idempotency-Key', 'gapless', { 'idempotency-key': '"budget"' }],
    ])('is exactly one SQL statement with %s', async (_, org, headers: Record<string, string>) => {
      // The first ticket after a start, or after a long time, loads its pack.
      await s.running.app.nest.get(PackRegistry).inForce(org);
      const before = statements();
      expect((await post(aTicket(), headers, org)).status).toBe(201);
      expect(statements() - before).toBe(1);
    });

    it('shares its statement with others that come at once', async () => {
      const { nest, database } = s.running.app;
      const before = statements();
      let answers: Promise<TestAnswer[]> = Promise.resolve([]);
      await database.transaction(async (tx) => {
        await tx.run('lock table tickets in exclusive mode');
        answers = times(50, (i) => keyed(`"shared-${i % 40}"`, aTicket({ title: `shared ${i % 40}` })));
        // Two statements wait for the lock, with a ticket or a few each; the rest gathers.
        await eventually(() => expect(nest.get(AcceptGate).backlog).toBeGreaterThan(40));
      });
      const all = await answers;
      expect(new Set(all.map((a) => a.status))).toEqual(new Set([201]));
      expect(new Set(all.map((a) => a.body['id'])).size).toBe(40);
      expect(new Set(numbersOf(all)).size).toBe(40);
      // Two, one or two for the rest, and ten that read the answer of their twin. On a machine so slow that the first two run into their lock
      // timeout, the few tickets in them are tried one by one; unshared it would be more than fifty.
      expect(statements() - before).toBeLessThanOrEqual(10 + 15);
    });

    it('does not pay for a neighbour the database refuses', async () => {
      const { database } = s.running.app;
      await database.run(`create function refuse() returns trigger language plpgsql as $f$ begin raise exception 'refused'; end $f$`);
      await database.run(
        `create trigger refuse before insert on tickets for each row when (new.title = 'refused by the database') execute function refuse()`,
      );
      const all = await times(30, (i) => post(aTicket({ title: i % 10 === 5 ? 'refused by the database' : `neighbour ${i}` })));
      await database.run('drop function refuse cascade');
      expect(all.map((a) => a.status)).toEqual(all.map((_, i) => (i % 10 === 5 ? 500 : 201)));
      expect(await database.rows(`select 1 from ticket_event where data->>'title' like 'neighbour%'`)).toHaveLength(27);
    });
  });

  describe('an Idempotency-Key', () => {
    it('answers a repetition as it answered the first time, whatever happened to the ticket since', async () => {
      const title = 'said twice';
      const first = await keyed('"twice"', aTicket({ title }));
      await s.call('PATCH', `/v1/tickets/${idOfTicket(first)}`, { body: { priority: 'urgent' } });
      const again = await keyed('"twice"', aTicket({ title }));
      expect([again.status, again.text, again.headers.get('location'), again.headers.get('etag')]).toEqual([
        201,
        first.text,
        first.headers.get('location'),
        first.headers.get('etag'),
      ]);
      expect([first.headers.get('idempotency-replayed'), again.headers.get('idempotency-replayed')]).toEqual([null, 'true']);
      // The order of properties is not content; a quoted and an unquoted key are the same key.
      expect((await keyed('twice', Object.fromEntries(Object.entries(aTicket({ title })).reverse()))).text).toBe(first.text);
      expect(await ticketsTitled(title)).toBe(1);
    });

    it('refuses another request, and belongs to one caller of one organisation', async () => {
      const first = await keyed('"mine"');
      expect((await keyed('"mine"', aTicket({ title: 'another' }))).body).toMatchObject({
        status: 422,
        code: 'intake/idempotency-key-reused',
      });
      const others = [{ id: 'crm', roles: ['machine'] }, { org: 'other' }].map((as) =>
        s.call('POST', '/v1/tickets', { body: aTicket(), headers: { 'idempotency-key': '"mine"' }, as }),
      );
      for (const answer of await Promise.all(others)) {
        expect(answer.status).toBe(201);
        expect(idOfTicket(answer)).not.toBe(idOfTicket(first));
      }
    });

    it.each([['""'], ['"unclosed'], ['two words'], [`"${'k'.repeat(256)}"`], ['"tab\tinside"'], ['k;drop table']])(
      'refuses the key %j',
      async (key) => {
        const answer = await keyed(key);
        expect(answer.body).toMatchObject({ status: 400, code: 'intake/bad-idempotency-key', errors: [{ pointer: 'Idempotency-Key' }] });
      },
    );

    it('makes one ticket and one event of 30 posts at once', async () => {
      const title = 'thirty at once';
      const all = await times(30, () => keyed('"thirty"', aTicket({ title })));
      expect(new Set(all.map((a) => `${a.status} ${a.text}`)).size).toBe(1);
      expect(all.filter((a) => a.headers.get('idempotency-replayed') === null)).toHaveLength(1);
      expect(await ticketsTitled(title)).toBe(1);
      expect(
        await s.running.app.database.rows('select 1 from ticket_event where ticket_id = $1::uuid', [idOfTicket(all[0] as TestAnswer)]),
      ).toHaveLength(1);
    });

    it('survives a restart of the service, and is forgotten after seven days', async () => {
      const before = await startIntake({}, { database: s.database, bus: s.bus });
      const first = await before.call('POST', '/v1/tickets', {
        body: aTicket({ title: 'restart' }),
        headers: { 'idempotency-key': '"restart"' },
      });
      await before.close();
      const again = await keyed('"restart"', aTicket({ title: 'restart' }));
      expect([again.status, again.text]).toEqual([201, first.text]);
      const { ForgetAnswersJob } = await import('../src/entry/forget-answers.job.js');
      await s.running.app.database.run(`update idempotency_keys set created_at = created_at - interval '8 days' where key = 'restart'`);
      await s.running.app.nest.get(ForgetAnswersJob).tick();
      expect((await keyed('"restart"', aTicket({ title: 'restart' }))).headers.get('idempotency-replayed')).toBeNull();
      expect((await keyed('"twice"', aTicket({ title: 'said twice' }))).headers.get('idempotency-replayed')).toBe('true');
    });
  });

  it('answers an external key with the first ticket, other content with a conflict, also at once', async () => {
    const body = aTicket({ externalKey: 'E-1', title: 'external' });
    const first = await post(body);
    const again = await post(body);
    expect([again.status, idOfTicket(again), again.headers.get('idempotency-replayed')]).toEqual([201, idOfTicket(first), 'true']);
    const other = await post({ ...body, title: 'other content' });
    expect(other.body).toMatchObject({
      status: 409,
      code: 'intake/external-key-used',
      id: idOfTicket(first),
      number: first.body['number'],
    });
    expect((await post({ ...body, source: 'another-system' })).status).toBe(201);
    const same = await times(20, () => post(aTicket({ externalKey: 'E-2' })));
    expect(new Set(same.map((a) => `${a.status} ${a.text}`)).size).toBe(1);
    const mixed = await times(20, (i) => post(aTicket({ externalKey: 'E-3', title: i % 2 ? 'odd' : 'even' })));
    expect([201, 409].map((status) => mixed.filter((a) => a.status === status).length)).toEqual([10, 10]);
    expect((await ticketsTitled('odd')) + (await ticketsTitled('even'))).toBe(1);
  });

  it('has the external key its pack requires', async () => {
    await publish(s, 'keyed', { ...starter, intake: { ...starter.intake, required: ['externalKey'] } });
    expect((await post(aTicket(), {}, 'keyed')).body).toMatchObject({ status: 422, errors: [{ pointer: '/externalKey' }] });
    expect((await post(aTicket({ externalKey: 'R-1' }), {}, 'keyed')).status).toBe(201);
  });

  it('answers a repetition by what was said, whatever the pack says by now', async () => {
    const demanding = {
      ...starter,
      pack: { ...starter.pack, version: 2 },
      intake: { ...starter.intake, defaultChannel: 'web', required: ['item'] },
    };
    const lenient = { ...demanding, pack: { ...starter.pack, version: 3 }, intake: { ...demanding.intake, required: [] } };
    const first = { key: await keyedIn('moving', aTicket()), external: await post(aTicket({ externalKey: 'M-1' }), {}, 'moving') };
    for (const pack of [demanding, lenient]) {
      await publish(s, 'moving', pack);
      const again = { key: await keyedIn('moving', aTicket()), external: await post(aTicket({ externalKey: 'M-1' }), {}, 'moving') };
      expect([again.key.status, again.key.text]).toEqual([201, first.key.text]);
      expect([again.external.status, idOfTicket(again.external), again.external.headers.get('idempotency-replayed')]).toEqual([
        201,
        idOfTicket(first.external),
        'true',
      ]);
      expect((await keyedIn('moving', aTicket({ title: 'other' }))).body).toMatchObject({
        status: 422,
        code: 'intake/idempotency-key-reused',
      });
      expect((await post(aTicket({ externalKey: 'M-1', title: 'other' }), {}, 'moving')).body).toMatchObject({
        status: 409,
        code: 'intake/external-key-used',
      });
    }
    await publish(s, 'moving', { ...demanding, pack: { ...starter.pack, version: 4 } });
    expect((await post(aTicket({ externalKey: 'M-2' }), { 'idempotency-key': '"new"' }, 'moving')).body).toMatchObject({
      status: 422,
      code: 'intake/not-in-pack',
      errors: [{ pointer: '/item' }],
    });
  });

  describe('numbers', () => {
    it('are unique under 50 creates at once', async () => {
      const all = await times(50, () => post());
      expect(new Set(numbersOf(all)).size).toBe(50);
      for (const number of numbersOf(all)) expect(number).toMatch(/^GD20\d{4}\d{6}$/);
    });

    it('skip nothing when gap-free, also when creates fail in between and replicas work at once', async () => {
      const replica = await startIntake({}, { database: s.database, bus: s.bus });
      const create = (i: number) => {
        // Every third fails late, in the statement itself: the number it had must come back.
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
    ])('stay unique when two packs of an organisation have %s', async (name, one, other) => {
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

    it('pass over those that exist, without a gap where gaps are refused', async () => {
      await publish(s, 'moved', numbered('desk', '{yyyy}-{seq:3}', true, ['year']));
      const year = String((await post(aTicket(), {}, 'moved')).body['number']).slice(0, 4);
      await times(4, () => post(aTicket(), {}, 'moved'));
      await publish(s, 'moved', numbered('desk', '{yyyy}-{seq:3}', true, [], 2));
      expect(numbersOf([await post(aTicket(), {}, 'moved'), await post(aTicket(), {}, 'moved')])).toEqual([`${year}-006`, `${year}-007`]);
    });
  });

  describe('amending', () => {
    it('corrects until somebody took the ticket, and again when it went back to the queue (P33)', async () => {
      const id = idOfTicket(await post());
      const first = await s.call('PATCH', `/v1/tickets/${id}`, {
        body: { title: 'corrected', place: { area: 'Pudong' } },
        headers: { 'if-match': '"v1"' },
      });
      expect(first.body).toMatchObject({ version: 2, title: 'corrected', place: { area: 'Pudong' }, description: 'since Monday' });
      expect(first.headers.get('etag')).toBe('"v2"');
      await eventually(() => expect(s.emitted(id).map((e) => [e.seq, e.name])).toEqual([[1, 'intake.ticket-registered'], [2, 'intake.ticket-amended']])); // prettier-ignore
      expect(s.emitted(id)[1]?.data).toEqual({ title: 'corrected', place: { area: 'Pudong' }, amendedAt: expect.any(String) });
      await accepted(id);
      await eventually(async () =>
        expect((await get(`/v1/tickets/${id}`)).body).toMatchObject({ state: 'taken', case: { state: 'accepted', unit: 'network' } }),
      );
      const late = await s.call('PATCH', `/v1/tickets/${id}`, { body: { title: 'too late' } });
      expect(late.body).toMatchObject({ status: 409, code: 'intake/already-taken' });
      await s.deliver(
        dispatch.TicketReturned.of({
          org: 'acme',
          ticketId: id,
          occurredAt: AT,
          data: { case: { step: 'triage', state: 'received', version: 3 }, at: AT, fromUnit: 'network', reason: 'not ours', count: 1 },
        }),
      );
      await eventually(async () =>
        expect((await s.call('PATCH', `/v1/tickets/${id}`, { body: { title: 'in time again' } })).status).toBe(200),
      );
    });

    it('answers a stale If-Match with the ticket as it stands, and lets one of two writers win', async () => {
      const id = idOfTicket(await post());
      const both = await times(2, (i) =>
        s.call('PATCH', `/v1/tickets/${id}`, { body: { title: `writer ${i}` }, headers: { 'if-match': '"v1"' } }),
      );
      expect(new Set(both.map((a) => a.status))).toEqual(new Set([200, 409]));
      const lost = both.find((a) => a.status === 409);
      const won = both.find((a) => a.status === 200);
      expect(lost?.body).toMatchObject({ code: 'intake/stale-version', current: { id, version: 2, title: won?.body['title'] } });
      expect((await s.call('POST', `/v1/tickets/${id}/withdraw`, { body: { reason: 'x' }, headers: { 'if-match': '"v1"' } })).status).toBe(
        409,
      );
      expect((await s.call('PATCH', `/v1/tickets/${id}`, { body: { title: 'x' }, headers: { 'if-match': '*' } })).status).toBe(200);
    });

    it('keeps what the pack demands', async () => {
      const id = idOfTicket(await post());
      const lacking = await s.call('PATCH', `/v1/tickets/${id}`, { body: { contact: { name: '李雷' }, category: 'nonsense' } });
      expect(lacking.body).toMatchObject({
        status: 422,
        code: 'intake/not-in-pack',
        errors: [{ pointer: '/category' }, { pointer: '/contact/phone' }],
      });
      expect(s.emitted(id).filter((e) => e.name !== 'intake.ticket-registered')).toEqual([]);
    });
  });

  it('withdraws once, says so, and stays withdrawn whatever dispatch says later', async () => {
    const id = idOfTicket(await post());
    const done = await s.call('POST', `/v1/tickets/${id}/withdraw`, { body: { reason: 'solved itself' } });
    expect([done.status, done.body['state'], done.headers.get('etag')]).toEqual([200, 'withdrawn', '"v2"']);
    await eventually(() => expect(s.emitted(id).map((e) => e.name)).toEqual(['intake.ticket-registered', 'intake.ticket-withdrawn']));
    expect((await s.call('POST', `/v1/tickets/${id}/withdraw`, { body: { reason: 'again' } })).body).toMatchObject({
      status: 409,
      code: 'intake/illegal-move',
    });
    expect((await s.call('PATCH', `/v1/tickets/${id}`, { body: { title: 'x' } })).body).toMatchObject({
      status: 409,
      code: 'intake/already-taken',
    });
    await accepted(id);
    await eventually(async () =>
      expect((await get(`/v1/tickets/${id}`)).body).toMatchObject({ state: 'withdrawn', case: { state: 'accepted' } }),
    );
  });

  describe('what dispatch says', () => {
    const at = (state: 'dispatched' | 'accepted' | 'closed' | 'cancelled' | 'received' | 'unroutable', unit?: string) => ({
      case: { step: 'x', state, version: 2, ...(unit === undefined ? {} : { unit }) },
      at: AT,
    });
    const about = (ticketId: string) => ({ org: 'acme', ticketId, occurredAt: AT });
    const view = async (id: string) => (await get(`/v1/tickets/${id}`)).body;
    const dispatched = (id: string, unit = 'network') =>
      s.deliver(
        dispatch.TicketDispatched.of({
          ...about(id),
          data: { ...at('dispatched', unit), decision: newId(), rule: 'r', why: 'routed', hop: 1 },
        }),
      );
    const withdraw = (id: string, headers: Record<string, string> = {}) =>
      s.call('POST', `/v1/tickets/${id}/withdraw`, { body: { reason: 'x' }, headers });

    it('raises the version once per change: nobody withdraws what he saw before it was taken (docs/adr/0013)', async () => {
      const id = idOfTicket(await post());
      await accepted(id);
      await eventually(async () => expect(await view(id)).toMatchObject({ state: 'taken', version: 2 }));
      expect((await withdraw(id, { 'if-match': '"v1"' })).body).toMatchObject({
        status: 409,
        code: 'intake/stale-version',
        current: { state: 'taken', version: 2 },
      });
      expect((await withdraw(id, { 'if-match': '"v2"' })).body).toMatchObject({ state: 'withdrawn', version: 3 });
    });

    it('ends a withdrawal that came too late when the ticket is opened again', async () => {
      const id = idOfTicket(await post());
      await accepted(id);
      await eventually(async () => expect(await view(id)).toMatchObject({ state: 'taken' }));
      expect((await withdraw(id)).status).toBe(200);
      await s.deliver(dispatch.TicketClosed.of({ ...about(id), data: at('closed', 'network') }));
      await eventually(async () => expect(await view(id)).toMatchObject({ state: 'withdrawn', case: { state: 'closed' } }));
      await s.deliver(dispatch.TicketReopened.of({ ...about(id), data: { ...at('received', 'network'), reason: 'again', count: 1 } }));
      await dispatched(id);
      await eventually(async () =>
        expect(await view(id)).toMatchObject({ state: 'registered', case: { state: 'dispatched', unit: 'network' } }),
      );
      expect((await withdraw(id)).body).toMatchObject({ state: 'withdrawn' });
      await s.deliver(dispatch.TicketCancelled.of({ ...about(id), data: { ...at('cancelled', 'network'), reason: 'x' } }));
      await eventually(async () => expect(await view(id)).toMatchObject({ state: 'withdrawn', case: { state: 'cancelled' } }));
    });

    it('takes the unit away from a ticket nobody routes', async () => {
      const id = idOfTicket(await post());
      await dispatched(id);
      await eventually(async () => expect(await view(id)).toMatchObject({ case: { unit: 'network' } }));
      await s.deliver(dispatch.TicketUnroutable.of({ ...about(id), data: { ...at('unroutable'), decision: newId() } }));
      await eventually(async () =>
        expect(await view(id)).toMatchObject({ state: 'registered', case: { state: 'unroutable', unit: null } }),
      );
    });

    it('of a hand-over to a queue lets it be corrected again, of one to a person not (P33)', async () => {
      const id = idOfTicket(await post());
      const handed = (state: 'dispatched' | 'accepted') =>
        s.deliver(
          dispatch.TicketTransferred.of({ ...about(id), data: { ...at(state, 'network'), fromUnit: 'billing', reason: 'theirs' } }),
        );
      await accepted(id);
      await handed('dispatched');
      await eventually(async () => expect(await view(id)).toMatchObject({ state: 'registered' }));
      await handed('accepted');
      await eventually(async () => expect(await view(id)).toMatchObject({ state: 'taken' }));
    });
  });

  describe('listing', () => {
    it('shows every ticket once while others arrive', async () => {
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

    it('filters, and shows nothing of another organisation', async () => {
      const id = idOfTicket(
        await post(aTicket({ type: 'suggestion', category: 'service.promise', channel: 'letter', unit: 'front-desk' })),
      );
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

    it('ends a search that takes too long', async () => {
      const { database } = s.running.app;
      let answer: TestAnswer | undefined;
      await database.transaction(async (tx) => {
        await tx.run('lock table tickets in access exclusive mode');
        answer = await get('/v1/tickets?channel=letter');
      });
      expect(answer?.body).toMatchObject({ status: 503, code: 'platform/too-slow' });
      expect(Number(answer?.headers.get('retry-after'))).toBeGreaterThan(0);
    });

    it('finds the tickets of a unit by their index', async () => {
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

  it('answers for a ticket of another organisation exactly as for one nobody has', async () => {
    const foreign = idOfTicket(await post());
    const told = (a: TestAnswer) => ({
      status: a.status,
      body: { ...a.body, correlationId: '', instance: '' },
      headers: [...a.headers].filter(([name]) => !['date', 'x-correlation-id'].includes(name)),
    });
    const routes: [string, string, object | undefined][] = [['GET', '', undefined], ['PATCH', '', { title: 'x' }], ['PATCH', '', {}], ['POST', '/withdraw', { reason: 'x' }]]; // prettier-ignore
    for (const [method, tail, body] of routes) {
      const ask = (id: string) =>
        s.call(method, `/v1/tickets/${id}${tail}`, { as: { org: 'other' }, headers: { 'if-match': '"v9"' }, ...(body && { body }) });
      expect(told(await ask(foreign))).toEqual(told(await ask(newId())));
    }
    expect((await get(`/v1/tickets/${foreign}`, 'other')).body).toMatchObject({ status: 404, code: 'intake/no-such-ticket' });
    expect(s.emitted(foreign).map((e) => e.name)).not.toContain('intake.ticket-withdrawn');
  });

  it('needs a token, and the right', async () => {
    expect((await s.call('POST', '/v1/tickets', { as: null, body: aTicket() })).body).toMatchObject({
      status: 401,
      code: 'platform/no-token',
    });
    expect((await s.call('POST', '/v1/tickets', { as: { roles: ['analyst'] }, body: aTicket() })).body).toMatchObject({
      status: 403,
      code: 'platform/no-right',
    });
  });
});
