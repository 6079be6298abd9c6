import { expect } from '@jest/globals';
import { intake } from '@gongdan/contracts';
import { type Registered } from '@gongdan/engine';
import { idOf } from '@gongdan/kernel';
import { type TestAnswer, type TestPerson } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { DispatchService } from './dispatch-service.js';
import { type PackJson, processPack, publish } from './own-packs.js';

const AT = '2026-03-02T02:00:00.000Z';

/** An approval of the solution of an incident by two people, during which nobody may change it, whichever way he tries. */
export function withApproval({ process }: PackJson): void {
  const names = { 'zh-CN': '审批', en: 'Approval' };
  process.steps['signing'] = { names, side: true, holder: { unit: 'second-line' } };
  Object.assign(process.actions, {
    ask: {
      names,
      on: 'working',
      by: 'unit',
      form: 'solution',
      do: [
        {
          open: {
            group: 'approval',
            order: 'parallel',
            until: 'all',
            about: ['solution'],
            tasks: [{ step: 'signing' }, { step: 'signing' }],
          },
        },
      ],
    },
    sign: { names, on: 'signing', by: 'holder', do: [{ end: 'approved' }] },
    rework: { names, on: 'working', by: ['unit', 'machine'], form: 'solution', do: [] },
    'rework-all': {
      names,
      on: 'working',
      by: 'unit',
      do: [{ cascade: { links: 'incident', action: 'rework', input: { solution: 'something else' } } }],
    },
  });
}

/** Dispatch with P30, faults and their incidents, as a test changes it. */
export class FaultDesk {
  private constructor(
    readonly s: DispatchService,
    private readonly key: string,
  ) {}

  static async start(key: string, change: (pack: PackJson) => void = () => undefined): Promise<FaultDesk> {
    const s = await DispatchService.start();
    const { json } = processPack('p30-fault-and-incidents');
    json.pack.key = key;
    change(json);
    await publish(s.service, json, { 'service-desk': undefined, 'second-line': undefined });
    return new FaultDesk(s, key);
  }

  close(): Promise<void> {
    return this.s.service.close();
  }

  ticket(type: string): Promise<string> {
    return this.s.ticket(this.content(type));
  }

  /** Delivers the registration of a ticket that others have named before. */
  registered(type: string, ticketId: string): Promise<void> {
    return this.s.registered(ticketId, this.content(type));
  }

  private content(type: string): Partial<Registered> {
    return { pack: { key: this.key, version: 1 }, type, category: 'payment', priority: 'high' };
  }

  handler(unit: string): TestPerson {
    return { id: `at-${unit}`, roles: ['handler'], units: [unit] };
  }

  act(id: string, action: string, unit: string, body?: object, task?: number): Promise<TestAnswer> {
    const as = this.handler(unit);
    const path = task === undefined ? '' : `/tasks/${task}`;
    return this.s.service.call('POST', `/v1/cases/${id}${path}/actions/${action}`, { as, ...(body === undefined ? {} : { body }) });
  }

  async see(id: string): Promise<Record<string, unknown>> {
    return (await this.s.see(id, { roles: ['supervisor'] })).body;
  }

  eventsOf(id: string, name: string) {
    return this.s.service.emitted(id).filter((e) => e.name === name);
  }

  progress(id: string, as: TestPerson = this.handler('service-desk'), query = ''): Promise<TestAnswer> {
    return this.s.service.call('GET', `/v1/bulk/${id}${query}`, { as });
  }

  /** Both tickets tell the link, each from its side. */
  link(incident: string, fault: string, depth?: number): Promise<void> {
    return this.told('linked', incident, fault, depth);
  }

  unlink(incident: string, fault: string): Promise<void> {
    return this.told('unlinked', incident, fault);
  }

  /** A fault in work with its incidents. */
  async fault(incidents: readonly string[]): Promise<string> {
    const id = await this.ticket('fault');
    for (const one of incidents) await this.link(one, id);
    await this.act(id, 'take', 'second-line');
    return id;
  }

  endFault(id: string): Promise<TestAnswer> {
    return this.act(id, 'end-fault', 'second-line', { solution: 'replaced', text: 'the switch is replaced', withIncidents: true });
  }

  /** An incident that a cascade cannot close. */
  async closedIncident(): Promise<string> {
    const id = await this.ticket('incident');
    await this.act(id, 'take', 'service-desk');
    await this.act(id, 'solve', 'service-desk', { solution: 'ok' });
    await this.act(id, 'close', 'service-desk');
    return id;
  }

  /** Runs while the three lanes of the job wait for these tickets; all others of the job wait behind them. */
  async whileLocked(tickets: readonly string[], start: () => Promise<unknown>, then: () => Promise<unknown>): Promise<void> {
    const { database } = this.s.service.running.app;
    await database.transaction(async (tx) => {
      await tx.rows('select 1 from cases where ticket_id = any ($1::uuid[]) order by ticket_id for update', [[...tickets]]);
      await start();
      const waiting = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
      await eventually(async () => expect(await database.rows(waiting)).toHaveLength(tickets.length));
      await then();
    });
  }

  /** The event of the fault alone, as when the partition of the incident lags. */
  async linkToldByFault(incident: string, fault: string): Promise<void> {
    const { ticketId, ...side } = sidesOf(incident, fault)[1];
    const data = { link: idOf('link', incident, fault), kind: 'incident', ...side, linkedAt: AT };
    await this.s.service.deliver(intake.TicketLinked.of({ org: 'acme', ticketId, occurredAt: AT, data }));
    const heard = "select 1 from ticket_links where (ticket_id, kind, other) = ($1::uuid, 'incident', $2::uuid)";
    await eventually(async () => expect(await this.s.service.running.app.database.rows(heard, [fault, incident])).toHaveLength(1));
  }

  private async told(name: 'linked' | 'unlinked', from: string, to: string, depth?: number): Promise<void> {
    const about = { link: idOf('link', from, to), kind: 'incident' };
    const sides = sidesOf(from, to);
    const cause = depth === undefined ? {} : { cause: { depth } };
    for (const { ticketId, ...side } of sides) {
      const event = { org: 'acme', ticketId, occurredAt: AT };
      await this.s.service.deliver(
        name === 'linked'
          ? intake.TicketLinked.of({ ...event, data: { ...about, ...side, linkedAt: AT, ...cause } })
          : intake.TicketUnlinked.of({ ...event, data: { ...about, ...side, unlinkedAt: AT } }),
      );
    }
    const heard =
      "select 1 from ticket_links where (ticket_id, kind, other) in (($1::uuid, 'incident-of', $2::uuid), ($2, 'incident', $1))";
    await eventually(async () =>
      expect(await this.s.service.running.app.database.rows(heard, [from, to])).toHaveLength(name === 'linked' ? 2 : 0),
    );
  }
}

function sidesOf(from: string, to: string) {
  return [
    { ticketId: from, end: 'from', as: 'incident-of', other: { id: to, number: 'F' } },
    { ticketId: to, end: 'to', as: 'incident', other: { id: from, number: 'I' } },
  ] as const;
}
