import { describe, expect, it } from '@jest/globals';
import { dispatch, type EventDraft, intake, sla } from '@gongdan/contracts';
import { Directory } from '@gongdan/directory';
import { newId } from '@gongdan/kernel';
import { readPack } from '@gongdan/packs';
import { loadPack, packFolder } from '@gongdan/packs/files';
import { planMails } from './plan.js';
import { staffOf } from './staff.js';
import { type KnownTicket, registeredTicket, ticketAfter, type TicketEvent } from './ticket.js';

const pack = readPack(loadPack(packFolder('starter')));
const AT = '2026-03-02T01:00:00.000Z';
const ticketId = newId();
const eventOf = (draft: EventDraft, actor = 'system:dispatch'): TicketEvent =>
  ({
    ...draft,
    id: newId(),
    producer: draft.name.split('.')[0],
    seq: 1,
    correlationId: 'c',
    actor: { id: actor },
  }) as unknown as TicketEvent;
const base = { org: 'acme', ticketId, occurredAt: AT };
type Data = Parameters<typeof intake.TicketRegistered.of>[0]['data'];
const registration = (over: Partial<Data> = {}) =>
  eventOf(
    intake.TicketRegistered.of({
      ...base,
      data: {
        number: 'GD1', pack: { key: 'starter', version: 1 }, channel: 'phone', type: 'complaint', category: 'network', priority: 'p3', title: 'No signal', description: '',
        language: 'en', contactSealed: 'sealed', hasEmail: true, registeredAt: AT, ...over,
      },
    }),
  ); // prettier-ignore
const position = (person?: string) =>
  dispatch.caseOfOneTask({ step: 'handling', state: 'dispatched', unit: 'network', version: 1, person });
const dispatched = () =>
  eventOf(
    dispatch.TicketDispatched.of({ ...base, data: { case: position(), at: AT, decision: newId(), rule: 'r', why: 'routed', hop: 1 } }),
  );
const known = (over: Partial<Data> = {}): KnownTicket => registeredTicket(registration(over) as never, pack);
const plan = (event: TicketEvent, ticket: KnownTicket, more: object = {}) => {
  const context = { event, ticket, pack, reporterName: () => 'Li Lei', statusUrl: undefined, ...more };
  return planMails({ staff: staffOf(Directory.empty, context.pack, () => undefined), ...context });
};

describe('planMails', () => {
  it('plans a receipt to the complainant in the language of the ticket', () => {
    const [mail, ...rest] = plan(registration(), known());
    expect(rest).toEqual([]);
    expect(mail).toMatchObject({
      recipient: 'reporter',
      template: 'receipt',
      language: 'en',
      repeat: 'at-most-once',
      content: { subject: 'We have your request GD1' },
    });
    expect(mail?.content.text).toBe('Dear Li Lei,\n\nwe have registered "No signal" under number GD1.\n');
    expect(plan(registration(), known({ language: 'zh-CN' }), { statusUrl: 'https://x/s' })[0]?.content.text).toContain('https://x/s');
  });

  it('gives the mails of one event the same ids each time', () => {
    const e = registration();
    expect(plan(e, known())[0]?.id).toBe(plan(e, known())[0]?.id);
    expect(plan(registration(), known())[0]?.id).not.toBe(plan(e, known())[0]?.id);
  });

  it('writes to the mailbox of a unit, and to its people when it has none', () => {
    const e = dispatched();
    const ticket = ticketAfter(known(), e, pack);
    expect(plan(e, ticket).map((m) => m.recipient)).toEqual(['unit:network']);
    const noMailbox = { ...pack, org: { ...pack.org, units: pack.org.units.map(({ key, names }) => ({ key, names })) } };
    expect(plan(e, ticket, { pack: noMailbox }).map((m) => m.recipient)).toEqual(['person:li', 'person:liu']);
  });

  it('plans one mail for a recipient that several rules name', () => {
    const e = dispatched();
    const rules = [...pack.notify.rules, { ...pack.notify.rules[1], key: 'again', to: ['unit:network', 'unit', 'holder'] }];
    expect(plan(e, ticketAfter(known(), e, pack), { pack: { ...pack, notify: { ...pack.notify, rules } } })).toHaveLength(1);
  });

  it('writes instants in the zone of the pack and clocks by their name', () => {
    const e = eventOf(
      sla.ClockBreached.of({
        ...base,
        data: { clock: pack.sla.clocks[0]?.key ?? '', gen: 1, dueAt: '2026-03-02T16:30:00.000Z', firedAt: AT },
      }),
    );
    const [mail] = plan(e, { ...known(), unit: 'network' });
    expect(mail?.content.text).toContain('2026-03-03 00:30');
    expect(mail?.content.text).toContain(pack.sla.clocks[0]?.names['zh-CN'] ?? 'none');
  });

  it('plans nothing about imported history until a person works on the ticket', () => {
    const e = registration({ history: { job: 'j', source: 's' } });
    const ticket = known({ history: { job: 'j', source: 's' } });
    expect(plan(e, ticket)).toEqual([]);
    const dispatchedBySystem = ticketAfter(ticket, dispatched(), pack);
    const breach = eventOf(sla.ClockBreached.of({ ...base, data: { clock: 'c', gen: 1, dueAt: AT, firedAt: AT } }));
    expect(plan(breach, dispatchedBySystem)).toEqual([]);
    const accepted = eventOf(dispatch.TicketAccepted.of({ ...base, data: { case: position('li'), at: AT } }), 'li');
    expect(plan(breach, ticketAfter(dispatchedBySystem, accepted, pack))).toHaveLength(1);
  });

  it('a mail about an action holds what its form gathered, of the lead or of a side task, and nothing that is sealed', () => {
    const rules = [{ on: 'dispatch.ticket-advanced', to: ['unit:network'], template: 'why', repeat: 'at-most-once' as const }];
    const text = { subject: '{{number}}', text: '{{reason}}|{{solution}}|{{text}}' };
    const templates = { ...pack.notify.templates, why: { 'zh-CN': text, en: text } };
    const ruled = { ...pack, notify: { ...pack.notify, rules, templates } };
    const mailAfter = (changes: object | undefined) => {
      const data = { case: position('li'), at: AT, action: 'refuse', says: 'refused', ...(changes === undefined ? {} : { changes }) };
      const event = eventOf(dispatch.TicketAdvanced.of({ ...base, data: data as never }), 'li');
      return plan(event, ticketAfter(known(), event, pack), { pack: ruled }).map((m) => m.content.text);
    };
    expect(mailAfter({ fields: { reason: 'no receipt', solution: 'sealed', other: 'x' }, sealed: ['solution'] })).toEqual(['no receipt||']);
    expect(mailAfter({ fields: { 'tasks.sign-off.fields.reason': 'too dear', 'tasks.sign-off.fields.text': 's' }, sealed: ['tasks.sign-off.fields.text'] })).toEqual(['too dear||']); // prettier-ignore
    expect(mailAfter(undefined)).toEqual(['||']);
  });

  it('a rule asks what the action says, what caused it and which form fields the case has, by either name of a fact', () => {
    const when = { 'event.says': 'visited', 'event.cause.key': 'visit', 'fields.floor': 3, 'class.type': 'complaint', priority: 'urgent' };
    const rules = [{ on: 'dispatch.ticket-advanced', when, to: ['unit:network'], template: 'breach', repeat: 'at-most-once' as const }];
    const ruled = { ...pack, notify: { ...pack.notify, rules } };
    const advanced = (says: string, floor: number) =>
      eventOf(
        dispatch.TicketAdvanced.of({
          ...base,
          data: {
            ...{ case: position('li'), at: AT, action: 'visit', says, cause: { kind: 'action', key: 'visit', depth: 0 } },
            changes: { fields: { floor, phone: 'sealed' }, sealed: ['phone'] },
          },
        }),
        'li',
      );
    const classified = eventOf(
      dispatch.TicketClassified.of({ ...base, data: { case: position(), at: AT, from: { priority: 'p3' }, to: { priority: 'urgent' } } }),
    );
    const mails = (says: string, floor: number) => {
      const event = advanced(says, floor);
      return plan(
        event,
        [classified, event].reduce((t, e) => ticketAfter(t, e, pack), known()),
        { pack: ruled },
      ).map((m) => m.recipient);
    };
    expect(mails('visited', 3)).not.toEqual([]);
    expect([mails('scheduled', 3), mails('visited', 4)]).toEqual([[], []]);
    expect(ticketAfter(known(), advanced('visited', 3), pack).facts['fields']).toEqual({ floor: 3 });
  });

  it('unit and holder of a side task are those who got the task, not those of the case', () => {
    const on = 'dispatch.task-opened';
    const rules = [{ on, to: ['holder', 'unit'], template: 'breach', repeat: 'at-most-once' as const }];
    const ruled = { ...pack, notify: { ...pack.notify, rules } };
    const opened = (person?: string) =>
      eventOf(
        dispatch.TaskOpened.of({
          ...base,
          data: { case: position('li'), at: AT, task: 2, step: 'approval', holder: { unit: 'billing', ...(person && { person }) } },
        }),
      );
    const to = (event: TicketEvent) => plan(event, ticketAfter(known(), event, pack), { pack: ruled }).map((m) => m.recipient);
    expect(to(opened('wang'))[0]).toBe('person:wang');
    expect(to(opened())).not.toContain('person:li');
  });

  it('a corrected text is what later mails quote', () => {
    const data = { case: position(), at: AT, title: 'No signal in the lift' };
    expect(ticketAfter(known(), eventOf(dispatch.TicketCorrected.of({ ...base, data })), pack)).toMatchObject({
      title: data.title,
      description: '',
    });
  });

  it('plans no mail to a complainant without an address', () => {
    expect(plan(registration({ hasEmail: false }), known({ hasEmail: false }))).toEqual([]);
  });

  it('keeps line breaks of a title out of the subject, and its tags unrendered', () => {
    const templates = {
      ...pack.notify.templates,
      receipt: { 'zh-CN': { subject: '{{title}}', text: 't' }, en: { subject: '{{title}}', text: '{{title}}' } },
    };
    const hostile = { title: 'a\r\nBcc: all@example.org {{number}} <b>' };
    const [mail] = plan(registration(hostile), known(hostile), { pack: { ...pack, notify: { ...pack.notify, templates } } });
    expect(mail?.content).toEqual({ subject: 'a Bcc: all@example.org {{number}} <b>', text: hostile.title });
  });

  it('stores what an amendment changes', () => {
    const e = eventOf(intake.TicketAmended.of({ ...base, data: { title: 'new', category: 'billing', hasEmail: false, amendedAt: AT } }));
    expect(ticketAfter(known(), e, pack)).toMatchObject({
      title: 'new',
      facts: { category: 'billing', categories: expect.arrayContaining(['billing']), hasEmail: false },
    });
  });
});
