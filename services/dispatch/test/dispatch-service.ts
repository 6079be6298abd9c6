import { type EventDraft, intake, TICKETS, toWire } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { type BusMessage, type OutgoingMessage } from '@gongdan/messaging';
import { signedBy, type TestAnswer, type TestPerson, TestService, type TestServiceOptions } from '@gongdan/messaging/testing';
import { type Registered } from '@gongdan/engine';
import { type PackFormat1 as Pack } from '@gongdan/packs';
import { eventually } from '@gongdan/testing';
import { dispatch } from '../src/dispatch.module.js';
import { city, registered, starter } from './case-builders.js';

export { city, starter };

/** Dispatch with both shipped packs in force for `acme`. */
export class DispatchService {
  private constructor(readonly service: TestService) {}

  static async start(options: TestServiceOptions = {}): Promise<DispatchService> {
    const s = new DispatchService(await TestService.start(dispatch, options));
    for (const pack of [starter, city]) await s.service.call('PUT', `/v1/packs/${pack.pack.key}`, { body: pack });
    return s;
  }

  /** A person of the pack's directory with its roles and units. */
  person(id: string, pack: Pack = starter): TestPerson {
    const found = pack.org.people.find((p) => p.id === id);
    if (found === undefined) throw new Error(`the pack has no person ${id}`);
    return { id, roles: found.roles, units: found.units };
  }

  /** Delivers the registration of a new ticket; resolves when its case is open. */
  async ticket(over: Partial<Registered> = {}, org = 'acme', ticketId = newId()): Promise<string> {
    await this.registered(ticketId, over, org);
    await eventually(async () => {
      if ((await this.service.call('GET', `/v1/cases/${ticketId}`, { as: { org, roles: ['supervisor'] } })).status !== 200)
        throw new Error('no case yet');
    });
    return ticketId;
  }

  async registered(ticketId: string, over: Partial<Registered> = {}, org = 'acme'): Promise<void> {
    await this.service.deliver(registration(ticketId, over, org));
  }

  /** Messages of `count` registrations as they come from Kafka, not delivered yet. */
  registrations(count: number): BusMessage[] {
    return Array.from({ length: count }, (_, i) => {
      const draft = registration(newId());
      const event = { ...draft, id: newId(), producer: 'intake' as const, seq: 1, correlationId: 'batch', actor: { id: 'tester' } };
      const [message] = signedBy('intake', TICKETS.name, [toWire(event, JSON.stringify(draft.data))]) as [OutgoingMessage];
      return { ...message, topic: TICKETS.name, partition: 0, position: String(i) };
    });
  }

  act(ticketId: string, as: string, action: string, body?: object, headers: Record<string, string> = {}): Promise<TestAnswer> {
    return this.service.call('POST', `/v1/cases/${ticketId}/actions/${action}`, {
      as: this.person(as),
      headers,
      ...(body === undefined ? {} : { body }),
    });
  }

  see(ticketId: string, as: TestPerson = this.person('zhao')): Promise<TestAnswer> {
    return this.service.call('GET', `/v1/cases/${ticketId}`, { as });
  }

  /** Resolves when dispatch has published exactly these events about the ticket. */
  async emitted(ticketId: string, ...names: string[]): Promise<void> {
    await eventually(async () => {
      const published = this.service.emitted(ticketId).map((e) => e.name.replace('dispatch.ticket-', ''));
      if (published.join() !== names.join()) throw new Error(`published ${published.join()}`);
    });
  }
}

function registration(ticketId: string, over: Partial<Registered> = {}, org = 'acme'): EventDraft {
  const pack = { key: 'starter', version: starter.pack.version };
  const data = registered({ number: `GD${ticketId.slice(-6)}`, pack, ...over });
  return intake.TicketRegistered.of({ org, ticketId, occurredAt: data.registeredAt, data });
}
