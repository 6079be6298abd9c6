import { describe, expect, it } from '@jest/globals';
import { dispatch, type EventDraft, intake, sla } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { loadPack, packFolder } from '@gongdan/packs/files';
import { planMails } from './plan.js';
import { follow, type KnownTicket, newlyKnown, type TicketEvent } from './ticket.js';

const pack = loadPack(packFolder('starter'));
const AT = '2026-03-02T01:00:00.000Z';
const ticketId = newId();
const said = (draft: EventDraft, actor = 'system:dispatch'): TicketEvent =>
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
  said(
    intake.TicketRegistered.of({
      ...base,
      data: {
        number: 'GD1', pack: { key: 'starter', version: 1 }, channel: 'phone', type: 'complaint', category: 'network', priority: 'p3', title: 'No signal', description: '',
        language: 'en', contactSealed: 'sealed', hasEmail: true, registeredAt: AT, ...over,
      },
    }),
  ); // prettier-ignore
const kase = (over: object = {}) => ({ step: 'handling', state: 'dispatched' as const, unit: 'network', version: 1, ...over });
const dispatched = () =>
  said(dispatch.TicketDispatched.of({ ...base, data: { case: kase(), at: AT, decision: newId(), rule: 'r', why: 'routed', hop: 1 } }));
const known = (over: Partial<Data> = {}): KnownTicket => newlyKnown(registration(over) as never, pack);
const plan = (event: TicketEvent, ticket: KnownTicket, more = {}) =>
  planMails({ event, ticket, pack, reporterName: () => 'Li Lei', statusUrl: undefined, ...more });

describe('planning', () => {
  it('writes a receipt to the complainant in their language', () => {
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

  it('gives the same event the same ids', () => {
    const e = registration();
    expect(plan(e, known())[0]?.id).toBe(plan(e, known())[0]?.id);
    expect(plan(registration(), known())[0]?.id).not.toBe(plan(e, known())[0]?.id);
  });

  it('tells a unit through its mailbox, and through its people when it has none', () => {
    const e = dispatched();
    const ticket = follow(known(), e, pack);
    expect(plan(e, ticket).map((m) => m.recipient)).toEqual(['unit:network']);
    const noMailbox = { ...pack, org: { ...pack.org, units: pack.org.units.map(({ key, names }) => ({ key, names })) } };
    expect(plan(e, ticket, { pack: noMailbox }).map((m) => m.recipient)).toEqual(['person:li', 'person:liu']);
  });

  it('writes to one recipient once, whichever rules name it', () => {
    const e = dispatched();
    const rules = [...pack.notify.rules, { ...pack.notify.rules[1], key: 'again', to: ['unit:network', 'unit', 'holder'] }];
    expect(plan(e, follow(known(), e, pack), { pack: { ...pack, notify: { ...pack.notify, rules } } })).toHaveLength(1);
  });

  it('speaks local time and names of clocks', () => {
    const e = said(
      sla.ClockBreached.of({
        ...base,
        data: { clock: pack.sla.clocks[0]?.key ?? '', gen: 1, dueAt: '2026-03-02T16:30:00.000Z', firedAt: AT },
      }),
    );
    const [mail] = plan(e, { ...known(), unit: 'network' });
    expect(mail?.content.text).toContain('2026-03-03 00:30');
    expect(mail?.content.text).toContain(pack.sla.clocks[0]?.names['zh-CN'] ?? 'none');
  });

  it('is silent about history until a person works on it', () => {
    const e = registration({ history: { job: 'j', source: 's' } });
    const ticket = known({ history: { job: 'j', source: 's' } });
    expect(plan(e, ticket)).toEqual([]);
    const byMachine = follow(ticket, dispatched(), pack);
    const breach = said(sla.ClockBreached.of({ ...base, data: { clock: 'c', gen: 1, dueAt: AT, firedAt: AT } }));
    expect(plan(breach, byMachine)).toEqual([]);
    const accepted = said(dispatch.TicketAccepted.of({ ...base, data: { case: kase({ holder: 'li' }), at: AT } }), 'li');
    expect(plan(breach, follow(byMachine, accepted, pack))).toHaveLength(1);
  });

  it('writes nobody without an address, and keeps line breaks out of subjects', () => {
    expect(plan(registration({ hasEmail: false }), known({ hasEmail: false }))).toEqual([]);
    const templates = {
      ...pack.notify.templates,
      receipt: { 'zh-CN': { subject: '{{title}}', text: 't' }, en: { subject: '{{title}}', text: '{{title}}' } },
    };
    const evil = { title: 'a\r\nBcc: all@example.org {{number}} <b>' };
    const [mail] = plan(registration(evil), known(evil), { pack: { ...pack, notify: { ...pack.notify, templates } } });
    expect(mail?.content).toEqual({ subject: 'a Bcc: all@example.org {{number}} <b>', text: evil.title });
  });

  it('keeps amended content', () => {
    const e = said(intake.TicketAmended.of({ ...base, data: { title: 'new', category: 'billing', hasEmail: false, amendedAt: AT } }));
    expect(follow(known(), e, pack)).toMatchObject({
      title: 'new',
      facts: { category: 'billing', categories: expect.arrayContaining(['billing']), hasEmail: false },
    });
  });
});
