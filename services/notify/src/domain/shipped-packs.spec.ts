import { describe, expect, it } from '@jest/globals';
import { Directory } from '@gongdan/directory';
import { dispatch, type EventDraft, intake, sla } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { type Pack, readPack } from '@gongdan/packs';
import { loadPack, packFolder, SHIPPED_PACKS } from '@gongdan/packs/files';
import { planMails } from './plan.js';
import { staffOf } from './staff.js';
import { type KnownTicket, registeredTicket, ticketAfter, type TicketEvent } from './ticket.js';

const AT = '2026-03-02T01:00:00.000Z';
const base = { org: 'acme', ticketId: newId(), occurredAt: AT };
const eventOf = (draft: EventDraft): TicketEvent =>
  ({
    ...draft,
    id: newId(),
    producer: draft.name.split('.')[0],
    seq: 1,
    correlationId: 'c',
    actor: { id: 'system:dispatch' },
  }) as unknown as TicketEvent;

const stages: Record<string, (clock: string) => EventDraft> = {
  'becomes unroutable': () => unroutable,
  'is warned of': (clock) =>
    sla.ClockWarned.of({ ...base, data: { clock, gen: 1, threshold: 'eighty-percent', warnedFor: AT, dueAt: AT, firedAt: AT } }),
  'is overdue': (clock) => sla.ClockBreached.of({ ...base, data: { clock, gen: 1, dueAt: AT, firedAt: AT } }),
};
const unroutable = dispatch.TicketUnroutable.of({
  ...base,
  data: { case: dispatch.caseOfOneTask({ step: 'unroutable', state: 'unroutable', version: 2 }), at: AT, decision: newId() },
});

/** The people who may route a ticket by hand: supervisors. */
function canRoute(pack: Pack, recipient: string): boolean {
  const supervisors = pack.org.people.filter((p) => p.roles.includes('supervisor'));
  return supervisors.some((p) => recipient === `person:${p.id}` || (recipient.startsWith('unit:') && p.units.includes(recipient.slice(5))));
}

describe.each([...SHIPPED_PACKS])('the mails of the pack %s', (key) => {
  const pack = readPack(loadPack(packFolder(key)));
  const staff = staffOf(Directory.empty, pack, () => undefined);

  function unroutableTicket(): KnownTicket {
    const registered = eventOf(
      intake.TicketRegistered.of({
        ...base,
        data: {
          number: 'GD1', pack: { key, version: pack.pack.version }, channel: pack.intake.defaultChannel, type: pack.catalogue.types[0]?.key ?? '', category: pack.catalogue.categories[0]?.key ?? '',
          priority: pack.catalogue.defaultPriority, title: 'x', description: '', language: 'en', hasEmail: false, registeredAt: AT,
        },
      }),
    ); // prettier-ignore
    return ticketAfter(registeredTicket(registered as never, pack), eventOf(unroutable) as never, pack);
  }

  // Only events for which the pack has a rule: a pack need not send warnings.
  const events = Object.entries(stages).filter(([, of]) => pack.notify.rules.some((r) => r.on === of('resolve').name));
  it.each(events)('a mail reaches a person who may route it when a ticket without a unit %s', (_, of) => {
    const ticket = unroutableTicket();
    expect(ticket.unit).toBeUndefined();
    for (const clock of pack.sla.clocks.filter((c) => c.key !== 'imported')) {
      const mails = planMails({ event: eventOf(of(clock.key)), ticket, pack, staff, reporterName: () => undefined, statusUrl: undefined });
      expect(mails.map((m) => m.recipient).filter((r) => canRoute(pack, r))).not.toEqual([]);
      for (const { content } of mails) expect(`${content.subject}${content.text}`).not.toMatch(/undefined|\{\{/);
    }
  });
});
