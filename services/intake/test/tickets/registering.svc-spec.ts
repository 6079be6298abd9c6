import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PackRegistry } from '@gongdan/messaging';
import { type TestAnswer, type TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { AcceptGate } from '../../src/store/accept-gate.js';
import { aTicket, gapFree, publish, startIntake, starter } from '../intake-service.js';
import { countStatements } from './statements.js';
import { idOfTicket, numbersOf, times, ticketDesk } from './ticket-desk.js';

describe('new tickets', () => {
  let s: TestService;
  let statements: () => number;
  beforeAll(async () => {
    s = await startIntake({ acme: starter, other: starter, gapless: gapFree, moving: starter });
    statements = countStatements(s);
  });
  afterAll(() => s.close());
  const { post, get, keyed, ticketsTitled } = ticketDesk(() => s);

  describe('registering', () => {
    it('publishes the ticket, seals the contact and shows it masked', async () => {
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

    it('keeps name, phone and e-mail out of events, answers and tables', async () => {
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
    ])('takes exactly one SQL statement with %s', async (_, org, headers: Record<string, string>) => {
      // The first ticket after a start, or after a long time, loads its pack.
      await s.running.app.nest.get(PackRegistry).inForce(org);
      const before = statements();
      expect((await post(aTicket(), headers, org)).status).toBe(201);
      expect(statements() - before).toBe(1);
    });

    it('shares a statement with requests that arrive at once', async () => {
      const { nest, database } = s.running.app;
      const before = statements();
      let answers: Promise<TestAnswer[]> = Promise.resolve([]);
      await database.transaction(async (tx) => {
        await tx.run('lock table tickets in exclusive mode');
        answers = times(50, (i) => keyed(`"shared-${i % 40}"`, aTicket({ title: `shared ${i % 40}` })));
        // Two statements wait for the lock, each with one ticket or a few; the other requests wait for the next statement.
        await eventually(() => expect(nest.get(AcceptGate).backlog).toBeGreaterThan(40));
      });
      const all = await answers;
      expect(new Set(all.map((a) => a.status))).toEqual(new Set([201]));
      expect(new Set(all.map((a) => a.body['id'])).size).toBe(40);
      expect(new Set(numbersOf(all)).size).toBe(40);
      // Two statements, one or two for the rest, and ten that read the answer of an equal request. On a machine so slow that the first two run
      // into their lock timeout, the few tickets in them are tried one by one. Unshared it would be more than fifty.
      expect(statements() - before).toBeLessThanOrEqual(10 + 15);
    });

    it('succeeds although the database refuses another ticket of the same statement', async () => {
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
    it('an Idempotency-Key gets the first answer for a repetition, although the ticket has changed since', async () => {
      const title = 'sent twice';
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
      // The order of properties does not matter; a quoted and an unquoted key are the same key.
      expect((await keyed('twice', Object.fromEntries(Object.entries(aTicket({ title })).reverse()))).text).toBe(first.text);
      expect(await ticketsTitled(title)).toBe(1);
    });

    it('an Idempotency-Key is refused for another request, and belongs to one caller of one organisation', async () => {
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

    it('an Idempotency-Key gets its first answer while others use the same key for the first time in the same statement', async () => {
      const keys = Array.from({ length: 20 }, (_, n) => `"of-both-${n}"`);
      const first: string[] = [];
      for (const key of keys) first.push(idOfTicket(await keyed(key)));
      const asOther = (key: string) =>
        s.call('POST', '/v1/tickets', { body: aTicket(), headers: { 'idempotency-key': key }, as: { id: 'crm', roles: ['machine'] } });
      // Requests that arrive together share a statement.
      const answers = await Promise.all(keys.flatMap((key) => [keyed(key), asOther(key)]));
      expect(answers.map((a) => a.status)).toEqual(answers.map(() => 201));
      expect(answers.filter((_, n) => n % 2 === 0).map(idOfTicket)).toEqual(first);
      expect(new Set(answers.map(idOfTicket)).size).toBe(2 * keys.length);
    });

    it.each([['""'], ['"unclosed'], ['two words'], [`"${'k'.repeat(256)}"`], ['"tab\tinside"'], ['k;drop table']])(
      'an Idempotency-Key is refused when it is %j',
      async (key) => {
        const answer = await keyed(key);
        expect(answer.body).toMatchObject({ status: 400, code: 'intake/bad-idempotency-key', errors: [{ pointer: 'Idempotency-Key' }] });
      },
    );

    it('makes one ticket and one event of 30 requests at once', async () => {
      const title = 'thirty at once';
      const all = await times(30, () => keyed('"thirty"', aTicket({ title })));
      expect(new Set(all.map((a) => `${a.status} ${a.text}`)).size).toBe(1);
      expect(all.filter((a) => a.headers.get('idempotency-replayed') === null)).toHaveLength(1);
      expect(await ticketsTitled(title)).toBe(1);
      expect(
        await s.running.app.database.rows('select 1 from ticket_event where ticket_id = $1::uuid', [idOfTicket(all[0] as TestAnswer)]),
      ).toHaveLength(1);
    });

    it('survives a restart of the service, and expires after seven days', async () => {
      const before = await startIntake({}, { database: s.database, bus: s.bus });
      const first = await before.call('POST', '/v1/tickets', {
        body: aTicket({ title: 'restart' }),
        headers: { 'idempotency-key': '"restart"' },
      });
      await before.close();
      const again = await keyed('"restart"', aTicket({ title: 'restart' }));
      expect([again.status, again.text]).toEqual([201, first.text]);
      const { ForgetAnswersJob } = await import('../../src/entry/forget-answers.job.js');
      await s.running.app.database.run(`update idempotency_keys set created_at = created_at - interval '8 days' where key = 'restart'`);
      await s.running.app.nest.get(ForgetAnswersJob).tick();
      expect((await keyed('"restart"', aTicket({ title: 'restart' }))).headers.get('idempotency-replayed')).toBeNull();
      expect((await keyed('"twice"', aTicket({ title: 'sent twice' }))).headers.get('idempotency-replayed')).toBe('true');
    });
  });

  it('answers a repeated external key with the first ticket, and other content with a conflict, also at once', async () => {
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

  it('requires the external key that the pack requires', async () => {
    await publish(s, 'keyed', { ...starter, intake: { ...starter.intake, required: ['externalKey'] } });
    expect((await post(aTicket(), {}, 'keyed')).body).toMatchObject({ status: 422, errors: [{ pointer: '/externalKey' }] });
    expect((await post(aTicket({ externalKey: 'R-1' }), {}, 'keyed')).status).toBe(201);
  });

  it('recognises a repetition by the request, although a newer version of the pack would refuse it', async () => {
    const demanding = {
      ...starter,
      pack: { ...starter.pack, version: starter.pack.version + 1 },
      intake: { ...starter.intake, defaultChannel: 'web', required: ['item'] },
    };
    const lenient = {
      ...demanding,
      pack: { ...starter.pack, version: starter.pack.version + 2 },
      intake: { ...demanding.intake, required: [] },
    };
    const first = {
      key: await keyed('"repeated"', aTicket(), 'moving'),
      external: await post(aTicket({ externalKey: 'M-1' }), {}, 'moving'),
    };
    for (const pack of [demanding, lenient]) {
      await publish(s, 'moving', pack);
      const again = {
        key: await keyed('"repeated"', aTicket(), 'moving'),
        external: await post(aTicket({ externalKey: 'M-1' }), {}, 'moving'),
      };
      expect([again.key.status, again.key.text]).toEqual([201, first.key.text]);
      expect([again.external.status, idOfTicket(again.external), again.external.headers.get('idempotency-replayed')]).toEqual([
        201,
        idOfTicket(first.external),
        'true',
      ]);
      expect((await keyed('"repeated"', aTicket({ title: 'other' }), 'moving')).body).toMatchObject({
        status: 422,
        code: 'intake/idempotency-key-reused',
      });
      expect((await post(aTicket({ externalKey: 'M-1', title: 'other' }), {}, 'moving')).body).toMatchObject({
        status: 409,
        code: 'intake/external-key-used',
      });
    }
    await publish(s, 'moving', { ...demanding, pack: { ...starter.pack, version: starter.pack.version + 3 } });
    expect((await post(aTicket({ externalKey: 'M-2' }), { 'idempotency-key': '"new"' }, 'moving')).body).toMatchObject({
      status: 422,
      code: 'intake/not-in-pack',
      errors: [{ pointer: '/item' }],
    });
  });
});
