import { describe, expect, it } from '@jest/globals';
import { dispatch, type EventDraft, intake } from '@gongdan/contracts';
import { Directory, type DirectoryRows } from '@gongdan/directory';
import { newId } from '@gongdan/kernel';
import { readPack } from '@gongdan/packs';
import { loadPack, packFolder } from '@gongdan/packs/files';
import { planMails } from './plan.js';
import { recipientsOf } from './recipients.js';
import { addressOf, staffOf } from './staff.js';
import { registeredTicket, ticketAfter, type TicketEvent } from './ticket.js';

const AT = '2026-03-02T01:00:00.000Z';
const [BEFORE, AFTER] = ['2026-03-01T00:00:00.000Z', '2026-03-09T00:00:00.000Z'];
const names = { 'zh-CN': '单位', en: 'Unit' };
const rows: DirectoryRows = {
  units: [
    { key: 'hq', names, level: 'head', email: 'hq@x.example' },
    { key: 'city', names, parent: 'hq', level: 'city' },
    { key: 'north', names: { 'zh-CN': '北区', en: 'North desk' }, parent: 'city' },
    { key: 'south', names, parent: 'city', email: 'south@x.example' },
    { key: 'old', names, parent: 'city', email: 'old@x.example', closedAt: BEFORE, successor: 'south' },
  ],
  people: [
    { id: 'an', name: 'An', languages: ['en-GB'], contactSealed: 'an' },
    { id: 'bo', name: 'Bo', languages: ['fr', 'zh'], contactSealed: 'bo' },
    { id: 'chief', name: 'Chief', contactSealed: 'chief' },
    { id: 'dep', name: 'Deputy', contactSealed: 'dep' },
    { id: 'gone', name: 'Gone', contactSealed: 'gone', activeUntil: BEFORE },
    { id: 'mute', name: 'Without address' },
    { id: 'ghost', name: 'Everywhere', contactSealed: 'ghost' },
  ],
  memberships: [
    { person: 'an', unit: 'north', roles: ['handler'] },
    { person: 'bo', unit: 'north', roles: ['handler', 'checker'] },
    { person: 'mute', unit: 'north', roles: ['handler', 'checker'] },
    { person: 'gone', unit: 'north', roles: ['handler', 'leader'] },
    { person: 'chief', unit: 'city', roles: ['leader'] },
    { person: 'dep', unit: 'hq', roles: ['leader'] },
    { person: 'ghost', roles: ['overseer'] },
  ],
  deputies: [
    { person: 'chief', deputy: 'dep', from: BEFORE, until: AFTER },
    { person: 'gone', deputy: 'an', from: BEFORE, until: AFTER },
  ],
};
const pack = readPack(loadPack(packFolder('starter')));
/** As a pack of format 2 is read: it brings no units and people. */
const format2 = { ...pack, org: { units: [], people: [] } };
const staffWith = (more: Partial<DirectoryRows> = {}) =>
  staffOf(Directory.of({ ...rows, ...more }), format2, (p) => p.contactSealed && `${p.contactSealed}@x.example`);
const base = { org: 'acme', ticketId: newId(), occurredAt: AT };
const eventOf = (draft: EventDraft, actor = 'system:dispatch'): TicketEvent =>
  ({ ...draft, id: newId(), producer: 'dispatch', seq: 1, correlationId: 'c', actor: { id: actor } }) as unknown as TicketEvent;
const registered = eventOf(
  intake.TicketRegistered.of({
    ...base,
    data: {
      number: 'GD1', pack: { key: 'starter', version: 1 }, channel: 'phone', type: 'complaint', category: 'network', priority: 'p3', title: 'No signal', description: '',
      language: 'en', hasEmail: false, unit: 'south', registeredAt: AT,
    },
  }),
  'an',
); // prettier-ignore
const position = (unit?: string, person?: string) =>
  dispatch.caseOfOneTask({ step: 'handling', state: 'dispatched', ...(unit && { unit }), version: 1, person });
const dispatched = (unit = 'north', person?: string) =>
  eventOf(
    dispatch.TicketDispatched.of({
      ...base,
      data: { case: position(unit, person), at: AT, decision: newId(), rule: 'r', why: 'routed', hop: 1 },
    }),
  );
const task = (holder: { unit?: string; person?: string; role?: string }) =>
  eventOf(dispatch.TaskOpened.of({ ...base, data: { case: position('north', 'an'), at: AT, task: 2, step: 'approval', holder } }));
const ticketOf = (...events: TicketEvent[]) =>
  events.reduce((ticket, event) => ticketAfter(ticket, event, format2), registeredTicket(registered as never, format2));
type To = Parameters<typeof recipientsOf>[0];
const to = (rule: To, event: TicketEvent, staff = staffWith(), ...earlier: TicketEvent[]) =>
  recipientsOf(rule, { event, ticket: ticketOf(...earlier, event), staff, language: 'zh-CN' });
const whom = (...args: Parameters<typeof to>) => to(...args).map((r) => r.recipient);

describe('recipientsOf', () => {
  it('finds a unit by its mailbox, and a unit without one by its active people with an address, in their languages', () => {
    expect(to('unit', dispatched('south'))).toEqual([{ recipient: 'unit:south', language: 'zh-CN' }]);
    expect(to('unit', dispatched('north'))).toEqual([
      { recipient: 'person:an', language: 'en' },
      { recipient: 'person:bo', language: 'zh-CN' },
    ]);
    expect(whom('unit:hq', dispatched())).toEqual(['unit:hq']);
    expect(whom('unit:nowhere', dispatched())).toEqual([]);
  });

  it('writes to the unit that took over from a closed one', () => {
    expect(whom('unit:old', dispatched())).toEqual(['unit:south']);
  });

  it('finds holder, registrar, a named person and watchers', () => {
    const watched = eventOf(
      dispatch.TicketWatched.of({ ...base, data: { case: position('north'), at: AT, watchers: ['bo', 'mute', 'dep'] } }),
    );
    expect(whom('holder', dispatched('north', 'bo'))).toEqual(['person:bo']);
    expect(whom('registrar', dispatched())).toEqual(['person:an']);
    expect(whom('person:dep', dispatched())).toEqual(['person:dep']);
    expect(whom('watchers', dispatched(), staffWith(), watched)).toEqual(['person:bo', 'person:dep']);
    expect(whom('watchers', dispatched())).toEqual([]);
  });

  it('finds the holder of the side task that the event is about: a person, a role, or a unit', () => {
    expect(whom('task', task({ unit: 'north', person: 'bo' }))).toEqual(['person:bo']);
    expect(whom('task', task({ unit: 'north', role: 'checker' }))).toEqual(['person:bo']);
    expect(whom('task', task({ unit: 'south' }))).toEqual(['unit:south']);
    expect(whom('task', dispatched('north', 'an'))).toEqual([]);
    const side = [{ no: 2, version: 1, step: 'approval', holder: { unit: 'north', person: 'bo' } }];
    const woke = (no: number) =>
      eventOf(dispatch.TaskWoke.of({ ...base, data: { case: { ...position('north', 'an'), side }, at: AT, task: no, step: 'approval' } }));
    expect([whom('task', woke(2)), whom('holder', woke(2)), whom('holder', woke(1))]).toEqual([
      ['person:bo'],
      ['person:bo'],
      ['person:an'],
    ]);
  });

  it.each<[To & object, string[]]>([
    [{ role: 'checker' }, ['person:bo']],
    [{ role: 'checker', of: 'unit' }, ['person:bo']],
    [{ role: 'leader', of: 'parent' }, ['person:chief']],
    [{ role: 'leader', of: 'level:head' }, ['person:dep']],
    [{ role: 'leader', of: 'hq' }, ['person:dep']],
    // Whoever has left holds no role any more.
    [{ role: 'leader', of: 'unit' }, ['person:chief']],
    [{ role: 'leader', of: 'registering-unit' }, ['person:chief']],
    [{ role: 'leader', of: 'old' }, ['person:chief']],
    [{ role: 'overseer', of: 'north' }, ['person:ghost']],
    [{ role: 'checker', of: 'level:nothing' }, []],
    [{ role: 'nobody', of: 'north' }, []],
  ])('finds %j, in the nearest unit above where nobody holds it', (rule, expected) => {
    expect(whom(rule, dispatched('north'))).toEqual(expected);
  });

  it('writes to the deputy too while a person is absent, and only then', () => {
    const rule = { role: 'leader', of: 'city' };
    const absent = (until: string) => staffWith({ presence: [{ person: 'chief', state: 'absent', until }] });
    expect(whom(rule, dispatched(), absent(AFTER))).toEqual(['person:chief', 'person:dep']);
    expect(whom(rule, dispatched(), absent(BEFORE))).toEqual(['person:chief']);
  });

  it('writes to the deputy alone when the holder has left', () => {
    expect(whom('holder', dispatched('north', 'gone'))).toEqual(['person:an']);
  });
});

describe('mails of a pack without units and people', () => {
  it('are one per person whom several recipients name, and name units as the directory does', () => {
    const template = { subject: '{{number}}', text: '{{unit}}' };
    const notify = {
      rules: [
        {
          ...{ key: 'r', on: 'dispatch.ticket-dispatched', channel: 'email' as const, template: 't', repeat: 'at-most-once' as const },
          to: ['unit', 'holder', 'registrar', { role: 'checker' }],
        },
      ],
      templates: { t: { 'zh-CN': template, en: template } },
    };
    const event = dispatched('north', 'an');
    const context = { event, ticket: ticketOf(event), pack: { ...format2, notify }, staff: staffWith() };
    const mails = planMails({ ...context, reporterName: () => undefined, statusUrl: undefined });
    expect(mails.map((m) => [m.recipient, m.content.text])).toEqual([
      ['person:an', 'North desk'],
      ['person:bo', '北区'],
    ]);
  });
});

describe('staffOf', () => {
  it('counts the units and people of a pack of format 1 only until the directory has them', () => {
    const open = () => 'new@x.example';
    const early = staffOf(Directory.of(rows), pack, open);
    expect([addressOf(early, 'unit:network'), addressOf(early, 'person:li')]).toEqual(['network@starter.example', expect.any(String)]);
    const here = Directory.of({ units: [{ key: 'network', names }], people: [{ id: 'li', name: 'Li' }], memberships: [] });
    const later = staffOf(here, pack, open);
    expect([addressOf(later, 'unit:network'), addressOf(later, 'person:li'), addressOf(later, 'person:liu')]).toEqual([
      undefined,
      'new@x.example',
      undefined,
    ]);
  });
});
