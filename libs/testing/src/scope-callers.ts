import { directory, type EventDraft } from '@gongdan/contracts';
import { idOf } from '@gongdan/kernel';

// Rights are role × unit (docs/adr/0040). A test puts a ticket into `billing`, whose parent is `centre`; so is that of `network`. `front-desk` is beside
// them. Every route is then asked by each of these callers.

export interface ScopeCaller {
  /** Of the token. */
  roles?: string[];
  units?: string[];
  /** What the directory says: role and unit of each membership; nothing for a stranger. */
  member?: [role: string, unit?: string][];
  left?: boolean;
  deputyOf?: string;
  /** The roles whose rights count, and whether the ticket of billing is within reach. */
  counts: string[];
  sees: boolean;
  /** The roles by which it is within reach, when not by all of them: only a role that has the right counts for its scope. */
  seesAs?: string[];
}

export const SCOPE_CALLERS: Record<string, ScopeCaller> = {
  'handler of the unit': { member: [['handler', 'billing']], counts: ['handler'], sees: true },
  'handler of another unit': { member: [['handler', 'network']], counts: ['handler'], sees: false },
  'handler of the unit above': { member: [['handler', 'centre']], counts: ['handler'], sees: false },
  'handler of the unit, narrowed by the token to another': { member: [['handler', 'billing']], units: ['network'], roles: ['handler'], counts: ['handler'], sees: false },
  'handler of another unit, with a token that claims the unit': { member: [['handler', 'network']], units: ['billing'], roles: ['handler'], counts: ['handler'], sees: false },
  'supervisor of the unit': { member: [['supervisor', 'billing']], counts: ['supervisor'], sees: true },
  'supervisor of the unit above': { member: [['supervisor', 'centre']], counts: ['supervisor'], sees: true },
  'supervisor of another unit': { member: [['supervisor', 'network']], counts: ['supervisor'], sees: false },
  'supervisor of the organisation': { member: [['supervisor']], counts: ['supervisor'], sees: true },
  'handler here and supervisor elsewhere': { member: [['handler', 'billing'], ['supervisor', 'network']], counts: ['handler', 'supervisor'], sees: true, seesAs: ['handler'] },
  'analyst of the unit above': { member: [['analyst', 'centre']], counts: ['analyst'], sees: true },
  'analyst of another unit': { member: [['analyst', 'network']], counts: ['analyst'], sees: false },
  'agent of another unit': { member: [['agent', 'front-desk']], counts: ['agent'], sees: true },
  'machine': { member: [['machine']], counts: ['machine'], sees: true },
  'operator': { member: [['operator']], counts: ['operator'], sees: true },
  'admin': { member: [['admin']], counts: ['admin'], sees: true },
  'admin who has left, with a token that lasts': { member: [['admin']], roles: ['admin', 'handler'], units: ['billing'], left: true, counts: [], sees: false },
  'deputy of a handler of the unit': { member: [['handler', 'network']], deputyOf: 'principal', counts: ['handler'], sees: true },
  'person without any membership': { member: [], counts: [], sees: false },
  'stranger, handler of the unit by the token': { roles: ['handler'], units: ['billing'], counts: ['handler'], sees: true },
  'stranger, handler of another unit by the token': { roles: ['handler'], units: ['network'], counts: ['handler'], sees: false },
  'stranger, handler of no unit': { roles: ['handler'], counts: ['handler'], sees: false },
  'stranger, supervisor by the token': { roles: ['supervisor'], units: ['network'], counts: ['supervisor'], sees: true },
  'stranger without a role of the platform': { roles: ['offline_access'], units: ['billing'], counts: [], sees: false },
}; // prettier-ignore

/** Whether a role of the caller reaches the whole organisation. */
export function reachesOrganisation({ member, counts }: ScopeCaller): boolean {
  return counts.some(
    (role) =>
      ['agent', 'machine', 'operator', 'admin'].includes(role) || (role === 'supervisor' && !(member ?? []).some(([, unit]) => unit)),
  );
}

export function scopeCallerId(name: string): string {
  return name.replaceAll(/\W+/g, '-');
}

/** The events by which a service hears the directory of these callers. */
export function scopeDirectory(org: string): EventDraft[] {
  const at = '2026-03-02T00:00:00.000Z';
  const about = (kind: string, id: string) => ({ org, ticketId: idOf('directory', org, kind, id), occurredAt: at });
  const names = { 'zh-CN': '单位', en: 'Unit' };
  const units = { centre: undefined, billing: 'centre', network: 'centre', 'front-desk': undefined };
  const drafts: EventDraft[] = Object.entries(units).map(([key, parent]) =>
    directory.UnitChanged.of({ ...about('unit', key), data: { key, unit: { names, parent } } }),
  );
  const people: [string, ScopeCaller][] = [['principal', { member: [['handler', 'billing']], counts: [], sees: true }]];
  for (const [name, caller] of [...people, ...Object.entries(SCOPE_CALLERS)]) {
    if (caller.member === undefined) continue;
    const id = scopeCallerId(name);
    const activeUntil = caller.left === true ? '2020-01-01T00:00:00.000Z' : undefined;
    drafts.push(directory.PersonChanged.of({ ...about('person', id), data: { id, person: { name, activeUntil } } }));
    for (const [role, unit] of caller.member)
      drafts.push(
        directory.MembershipChanged.of({
          ...about('membership', `${id} ${unit ?? ''}`),
          data: { person: id, unit, membership: { roles: [role] } },
        }),
      );
    if (caller.deputyOf !== undefined)
      drafts.push(
        directory.DeputyChanged.of({
          ...about('deputy', id),
          data: {
            id,
            deputy: { person: caller.deputyOf, deputy: id, from: '2020-01-01T00:00:00.000Z', until: '2099-01-01T00:00:00.000Z' },
          },
        }),
      );
  }
  return drafts;
}
