import { directory, dispatch } from '@gongdan/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestService } from '@gongdan/messaging/testing';
import { idOf } from '@gongdan/kernel';
import { readPack } from '@gongdan/packs';
import { Sealer } from '@gongdan/platform';
import { eventually } from '@gongdan/testing';
import { MailServer } from './mail-server.js';
import { aTicket, AT, dispatched, messagesOf, pack as starter, startNotify } from './notify-service.js';

/** A pack of format 2 has no units and people. */
const { org: _, ...format2 } = readPack(starter);
const sealer = new Sealer(Buffer.alloc(32, 7).toString('base64'));
const names = { 'zh-CN': '网络组', en: 'Network' };

describe('mails to the staff of the directory', () => {
  let mail: MailServer;
  let s: TestService;
  const about = (id: string) => ({ org: 'acme', ticketId: idOf('directory', 'acme', id), occurredAt: AT });
  const person = (id: string, email: string) =>
    s.deliver(
      directory.PersonChanged.of({
        ...about(id),
        data: {
          id,
          person: { name: id, languages: ['en'], contactSealed: sealer.seal(JSON.stringify({ email }), `directory|acme|${id}`) },
        },
      }),
    );
  const entries = async (): Promise<number> =>
    (await s.running.app.database.one<{ n: number }>('select sum(version)::int as n from directory_entries'))?.n ?? 0;

  beforeAll(async () => {
    mail = await MailServer.start();
    s = await startNotify(mail.url);
    const rules = [
      {
        ...{ key: 'dispatched', on: 'dispatch.ticket-dispatched', channel: 'email' as const },
        ...{ to: ['unit', 'registrar', { role: 'leader', of: 'unit' }], template: 'dispatched', repeat: 'at-most-once' as const },
      },
    ];
    const pack = { ...format2, notify: { ...format2.notify, rules } };
    await s.deliver(
      dispatch.PackPublished.of({
        org: 'acme',
        ticketId: idOf('acme', 'starter'),
        occurredAt: AT,
        data: { key: 'starter', version: format2.pack.version, digest: 'x', pack: pack as never },
      }),
    );
    await s.deliver(directory.UnitChanged.of({ ...about('network'), data: { key: 'network', unit: { names, parent: 'hq' } } }));
    await s.deliver(directory.UnitChanged.of({ ...about('hq'), data: { key: 'hq', unit: { names } } }));
    await person('wang', 'wang@x.example');
    await person('zhao', 'zhao@x.example');
    for (const [id, unit, role] of [
      ['wang', 'network', 'handler'],
      ['zhao', 'hq', 'leader'],
    ] as const)
      await s.deliver(directory.MembershipChanged.of({ ...about(`${id} m`), data: { person: id, unit, membership: { roles: [role] } } }));
    await eventually(async () => expect(await entries()).toBe(6));
    await eventually(async () =>
      expect(await s.running.app.database.rows('select 1 from known_packs where org = $1', ['acme'])).toHaveLength(1),
    );
  });
  afterAll(async () => {
    await s.close();
    await mail.close();
  });

  it('go once to the people of a unit without mailbox and to the holder of a role above it, at the addresses that are sealed', async () => {
    const { ticketId, draft } = aTicket();
    await s.deliver(draft);
    await s.deliver(dispatched(ticketId));
    await eventually(() => expect(s.emitted(ticketId).map((e) => e.name)).toEqual(['notify.message-sent', 'notify.message-sent']));
    expect((await messagesOf(s, ticketId)).map((m) => m.recipient).sort()).toEqual(['person:wang', 'person:zhao']);
    expect([mail.to('wang@x.example').length, mail.to('zhao@x.example').length]).toEqual([1, 1]);
    expect(mail.to('wang@x.example')[0]?.text).toContain('Network');
  });

  it('go to the address that the directory has when they are sent', async () => {
    const { ticketId, draft } = aTicket();
    mail.busy.add('wang@x.example');
    await s.deliver(draft);
    await s.deliver(dispatched(ticketId));
    const stateOf = async (recipient: string) => (await messagesOf(s, ticketId)).find((m) => m.recipient === recipient);
    await eventually(async () =>
      expect(await stateOf('person:wang')).toMatchObject({ state: 'planned', attempts: [{ outcome: 'deferred' }] }),
    );
    const before = await entries();
    await person('wang', 'wang.new@x.example');
    await eventually(async () => expect(await entries()).toBe(before + 1));
    await s.running.app.database.run(`update messages set due_at = clock_timestamp() where state = 'planned'`);
    await eventually(() => expect(mail.to('wang.new@x.example')).toHaveLength(1));
    expect(mail.to('wang@x.example')).toHaveLength(1);
  });

  it('go to watchers and the registrar after the service has stored them', async () => {
    await person('qian', 'qian@x.example');
    const { ticketId, draft } = aTicket();
    await s.deliver(draft, { actor: { id: 'qian' } });
    const position = dispatch.caseOfOneTask({ step: 'handling', state: 'dispatched', unit: 'network', version: 1 });
    await s.deliver(
      dispatch.TicketWatched.of({ org: 'acme', ticketId, occurredAt: AT, data: { case: position, at: AT, watchers: ['zhao'] } }),
    );
    await eventually(async () =>
      expect(
        await s.running.app.database.one('select registered_by as by, watchers from known_tickets where id = $1::uuid', [ticketId]),
      ).toEqual({ by: 'qian', watchers: ['zhao'] }),
    );
    await s.deliver(dispatched(ticketId));
    await eventually(() => expect(mail.to('qian@x.example')).toHaveLength(1));
  });

  it('follow the rules of the pack version that a supervisor moved the case to', async () => {
    const publish = (version: number, rules: object[]) =>
      s.deliver(
        dispatch.PackPublished.of({
          org: 'acme',
          ticketId: idOf('acme', 'starter'),
          occurredAt: AT,
          data: {
            key: 'starter',
            version,
            digest: `v${version}`,
            pack: { ...format2, pack: { ...format2.pack, version }, notify: { ...format2.notify, rules } } as never,
          },
        }),
      );
    const { version } = format2.pack;
    await publish(version + 1, []);
    await eventually(async () => expect(await s.running.app.database.rows('select 1 from known_packs')).toHaveLength(2));
    const { ticketId, draft } = aTicket();
    await s.deliver(draft);
    const position = dispatch.caseOfOneTask({ step: 'handling', state: 'dispatched', unit: 'network', version: 1 });
    const [from, to] = [version, version + 1].map((v) => ({ key: 'starter', version: v })) as [never, never];
    await s.deliver(dispatch.TicketRepacked.of({ org: 'acme', ticketId, occurredAt: AT, data: { case: position, at: AT, from, to } }));
    await s.deliver(dispatched(ticketId));
    const other = aTicket();
    await s.deliver(other.draft);
    await s.deliver(dispatched(other.ticketId));
    await eventually(async () => expect(await messagesOf(s, other.ticketId)).not.toEqual([]));
    expect(await messagesOf(s, ticketId)).toEqual([]);
    expect(await s.running.app.database.one('select pack_version as v from known_tickets where id = $1::uuid', [ticketId])).toEqual({
      v: version + 1,
    });
  });
});
