import { type Actor, AppError, idOf } from '@gongdan/kernel';
import { loadPack, packFolder } from '@gongdan/packs/files';
import { type Case, type CaseDecision, open, type Registered } from '../src/domain/case.js';
import { type ActionCommand, advance } from '../src/domain/process.js';

export const starter = loadPack(packFolder('starter'));
export const city = loadPack(packFolder('city-311'));
export const id = { org: 'demo', ticketId: idOf('ticket', 1) };
export const now = '2026-03-02T01:00:00.000Z';
export const later = '2026-03-02T02:00:00.000Z';

export function person(of: string, pack = starter): Actor {
  const found = pack.org.people.find((p) => p.id === of);
  if (found === undefined) throw new Error(`no ${of}`);
  return { id: of, org: 'demo', name: found.name, roles: found.roles, units: found.units };
}
/** The data of a registration. */
export function registered(over: Partial<Registered> = {}): Registered {
  return {
    number: 'GD202603000001',
    pack: { key: 'starter', version: 1 },
    channel: 'phone',
    type: 'complaint',
    category: 'billing.refund',
    priority: 'ordinary',
    title: 'Refund',
    description: 'Not here yet',
    language: 'zh-CN',
    hasEmail: false,
    registeredAt: now,
    ...over,
  };
}
export function opened(over: Partial<Registered> = {}, pack = starter): Case {
  return open(pack, id, registered(over), now).state;
}
export function openedHistory(history: Registered['history']): CaseDecision {
  return open(starter, id, registered({ history }), later);
}
export function act(c: Case, as: string, action: string, command: ActionCommand = {}, at = later, pack = starter): CaseDecision {
  return advance(pack, c, action, command, person(as, pack), at);
}
export function refusal(work: () => unknown): { kind: string; code: string; pointers: string[] } {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return { kind: error.kind, code: error.code, pointers: error.violations.map((v) => v.pointer) };
    throw error;
  }
  throw new Error('the action was not refused');
}
export const names = (d: CaseDecision): string[] => d.events.map((e) => e.name.replace('dispatch.ticket-', ''));
