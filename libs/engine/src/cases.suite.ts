import { Directory, type DirectoryRows } from '@gongdan/directory';
import { AppError, idOf } from '@gongdan/kernel';
import { fromFormat1, type Pack, type PackFormat1 } from '@gongdan/packs';
import { loadPack, packFolder } from '@gongdan/packs/files';
import { advance, type Command } from './decide/advance.js';
import { type Acting, actingOf, type Load, type View } from './model/env.js';
import { type Case } from './model/case.js';
import { openCase, type Registered } from './decide/open-case.js';
import { type Decided } from './telling/tell.js';

/** Shared by the specs of this lib: cases on the shipped packs of format 1, with their people as the directory. */
export const starter1 = loadPack(packFolder('starter'));
export const city1 = loadPack(packFolder('city-311'));
export const starter = fromFormat1(starter1);
export const city = fromFormat1(city1);
export const id = { org: 'demo', ticketId: idOf('ticket', 1) };
export const now = '2026-03-02T01:00:00.000Z';
export const later = '2026-03-02T02:00:00.000Z';

/** The directory that a pack of format 1 brings. */
export function directoryOf({ org }: Pick<PackFormat1, 'org'>): Directory {
  return Directory.of({
    units: org.units.map((u) => ({ key: u.key, names: u.names, ...(u.parent === undefined ? {} : { parent: u.parent }) })),
    people: org.people.map((p) => ({ id: p.id, name: p.name })),
    memberships: org.people.flatMap((p) =>
      p.units.length === 0 ? [{ person: p.id, roles: [...p.roles] }] : p.units.map((unit) => ({ person: p.id, unit, roles: [...p.roles] })),
    ),
  } as DirectoryRows);
}

export function viewOn(directory: Directory, loads: ReadonlyMap<string, Load> = new Map()): View {
  return { directory, loads, seal: (value) => `sealed:${value}` };
}
const views = new WeakMap<Pack, View>([
  [starter, viewOn(directoryOf(starter1))],
  [city, viewOn(directoryOf(city1))],
]);
/** The view of a pack; a changed copy of starter has that of starter. */
export function viewFor(pack: Pack): View {
  return views.get(pack) ?? viewOn(directoryOf({ org: pack.org }));
}

export function person(of: string, pack: Pack = starter): Acting {
  const found = pack.org.people.find((p) => p.id === of);
  if (found === undefined) throw new Error(`no ${of}`);
  return actingOf(viewFor(pack).directory, { id: of, name: found.name, roles: found.roles, units: found.units }, now);
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

export function open(pack: Pack, over: Partial<Registered> = {}, at = now): Decided {
  return openCase(pack, viewFor(pack), id, registered(over), at);
}
export function opened(over: Partial<Registered> = {}, pack = starter): Case {
  return open(pack, over).state;
}

export function act(c: Case, as: string | Acting, action: string, input: Command['input'] = {}, at = later, pack = starter): Decided {
  const actor = typeof as === 'string' ? person(as, pack) : as;
  return advance(pack, viewFor(pack), c, { action, input }, actor, at, { decisions: 1 });
}

export function refusal(work: () => unknown): { kind: string; code: string; pointers: string[]; details: Record<string, unknown> } {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError)
      return { kind: error.kind, code: error.code, pointers: error.violations.map((v) => v.pointer), details: error.details };
    throw error;
  }
  throw new Error('the action was not refused');
}
export const names = (d: Pick<Decided, 'events'>): string[] => d.events.map((e) => e.name.replace('dispatch.ticket-', ''));
