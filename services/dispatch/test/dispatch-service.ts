import { intake } from '@gongdan/contracts';
import { iso, newId, ms } from '@gongdan/kernel';
import { type TestAnswer, type TestPerson, TestService, type TestServiceOptions } from '@gongdan/messaging/testing';
import { type Pack } from '@gongdan/packs';
import { loadPack, packFolder } from '@gongdan/packs/files';
import { eventually } from '@gongdan/testing';
import { type Registered } from '../src/domain/case.js';
import { dispatch } from '../src/dispatch.module.js';

export const starter = loadPack(packFolder('starter'));
export const city = loadPack(packFolder('city-311'));

/** Dispatch with both shipped packs in force for `acme`, and the verbs its tests speak. */
export class DispatchService {
  private constructor(readonly service: TestService) {}

  static async start(options: TestServiceOptions = {}): Promise<DispatchService> {
    const s = new DispatchService(await TestService.start(dispatch, options));
    for (const pack of [starter, city]) await s.service.call('PUT', `/v1/packs/${pack.pack.key}`, { body: pack });
    return s;
  }

  /** Somebody of the starter pack, with the token the pack's directory would give. */
  person(id: string, pack: Pack = starter): TestPerson {
    const found = pack.org.people.find((p) => p.id === id);
    if (found === undefined) throw new Error(`nobody is called ${id}`);
    return { id, roles: found.roles, units: found.units };
  }

  /** A ticket intake registered, heard by dispatch; resolves when its case is open. */
  async ticket(over: Partial<Registered> = {}, org = 'acme'): Promise<string> {
    const ticketId = newId();
    await this.registered(ticketId, over, org);
    await eventually(async () => {
      if ((await this.service.call('GET', `/v1/cases/${ticketId}`, { as: { org, roles: ['supervisor'] } })).status !== 200)
        throw new Error('no case yet');
    });
    return ticketId;
  }

  async registered(ticketId: string, over: Partial<Registered> = {}, org = 'acme'): Promise<void> {
    const registeredAt = over.registeredAt ?? '2026-03-02T01:00:00.000Z';
    const data: Registered = {
      number: `GD${ticketId.slice(-6)}`,
      pack: { key: 'starter', version: starter.pack.version },
      channel: 'phone',
      type: 'complaint',
      category: 'billing.refund',
      priority: 'ordinary',
      title: 'Refund',
      description: 'Not here yet',
      language: 'zh-CN',
      hasEmail: false,
      registeredAt,
      ...over,
    };
    await this.service.deliver(intake.TicketRegistered.of({ org, ticketId, occurredAt: registeredAt, data }));
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

  /** Names of what dispatch said of the ticket, once there are as many as expected. */
  async emitted(ticketId: string, ...names: string[]): Promise<void> {
    await eventually(async () => {
      const heard = this.service.emitted(ticketId).map((e) => e.name.replace('dispatch.ticket-', ''));
      if (heard.join() !== names.join()) throw new Error(`said ${heard.join()}`);
    });
  }
}

export function at(base: string, minutes: number): string {
  return iso(ms(base) + minutes * 60_000);
}
