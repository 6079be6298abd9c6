import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dispatch, type EventDraft } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { reporting } from '../src/reporting.module.js';
import { AT, deliverAll, dispatched, ledgerNoted, registered, subject, type Subject } from './tickets.js';

const forms = { check: { fields: { grade: { type: 'text', roles: ['supervisor'] }, text: { type: 'text', roles: ['supervisor'] }, note: { type: 'text' } } } }; // prettier-ignore

describe('a field that its form shows to supervisors only', () => {
  let s: TestService;
  const one = subject('sight');
  beforeAll(async () => {
    s = await TestService.start(reporting);
    const pack = { pack: { format: 2, key: 'starter', version: 1 }, forms };
    await s.deliver(dispatch.PackPublished.of({ org: 'sight', ticketId: newId(), occurredAt: AT, data: { key: 'starter', version: 1, digest: 'd', pack } })); // prettier-ignore
    await eventually(async () => expect(await s.running.app.database.rows('select 1 from pack_rows')).toHaveLength(1));
  });
  afterAll(() => s.close());

  const changing = (ticket: Subject, version = 1): EventDraft => {
    const draft = ledgerNoted(ticket, 2, 1, 'li', []);
    const data = draft.data as { case: object };
    const changes = { fields: { grade: 'A', note: 'n', 'tasks.sign.fields.grade': 'B' } };
    return { ...draft, data: { ...data, case: { ...data.case, pack: { key: 'starter', version } }, changes } };
  };
  const told = async (ticket: Subject, role: string): Promise<unknown> => {
    const { body } = await s.call('GET', `/v1/tickets/${ticket.ticketId}/history`, {
      as: { org: 'sight', id: `a-${role}`, roles: [role] },
    });
    const noted = (body['history'] as { name: string; data: Record<string, unknown> }[]).find((e) => e.name === 'dispatch.ticket-noted');
    return [(noted?.data['changes'] as { fields: object } | undefined)?.fields, noted?.data['text']];
  };

  it('stands in the history for them, and not for an analyst: neither among the changes nor as the text', async () => {
    await deliverAll(s, one, registered(one, 'GD1'), dispatched(one), changing(one));
    expect(await told(one, 'supervisor')).toEqual([{ grade: 'A', note: 'n', 'tasks.sign.fields.grade': 'B' }, 'x']);
    expect(await told(one, 'analyst')).toEqual([{ note: 'n' }, undefined]);
  });

  it('is hidden with all others while nothing is known of the pack', async () => {
    const other = subject('sight');
    await deliverAll(s, other, registered(other, 'GD2'), dispatched(other), changing(other, 7));
    expect(await told(other, 'supervisor')).toEqual([{}, 'x']);
  });
});
