import { type Instant } from '@gongdan/kernel';
import { type Directory, ofToken } from '@gongdan/directory';

/** How much work a person has. */
export interface Load {
  /** Open tasks that the person holds. */
  open: number;
  /** When routing last gave the person a task. */
  lastAt?: Instant;
}

/** What the rules may ask of the world, loaded by the caller before a decision (engine.md 3, `view`). */
export interface View {
  directory: Directory;
  /** Loads by person. When a pick needs one that is missing, the decision throws `NeedsLoads`; the caller loads it and decides again. */
  loads: ReadonlyMap<string, Load>;
  /** Seals a personal value before it enters the case or an event. */
  seal(value: string): string;
}

/** The decision depends on loads that the view does not hold. */
export class NeedsLoads extends Error {
  constructor(readonly people: readonly string[]) {
    super('loads are missing');
  }
}

/** Who acts, with what the directory and the token say of him now. */
export interface Acting {
  id: string;
  name?: string | undefined;
  /** `person`, an API client, the complainant by a one-time link, or the platform itself. */
  kind: 'person' | 'machine' | 'customer' | 'system';
  memberships: readonly { unit?: string | undefined; roles: readonly string[] }[];
  /** For whom a deputy acts now, and for which unit's work when it is narrowed. */
  principals: readonly { person: string; unit?: string }[];
}

export const SYSTEM: Acting = { id: 'system:dispatch', kind: 'system', memberships: [], principals: [] };

const NOTHING: readonly never[] = [];

interface Token {
  id: string;
  name?: string;
  roles: readonly string[];
  units: readonly string[];
}

/**
 * Who a caller is to the engine, by the same reading of a token as `reachOf`: a role of a pack comes from the directory alone. For a member of units, the
 * units of the token only narrow, and its roles count in the units that are left. For anybody else, a handler acts in the units of the token, and every
 * other role in the organisation. Whoever has left is nobody.
 */
export function actingOf(directory: Directory, token: Token, at: Instant): Acting {
  const kind = token.roles.includes('machine') ? 'machine' : 'person';
  // Written out: of objects made by spreads each has a hidden class of its own (shapes.ts).
  const acting = (memberships: Acting['memberships'], principals: Acting['principals']): Acting => ({
    id: token.id,
    name: token.name,
    kind,
    memberships,
    principals,
  });
  const claimed = token.roles.filter(ofToken);
  const known = directory.person(token.id) !== undefined;
  if (directory.isDeleted(token.id) || (known && !directory.isActive(token.id, at))) return acting(NOTHING, NOTHING);
  const held = directory.membershipsOf(token.id, at);
  const memberships =
    held.length === 0
      ? [{ unit: undefined, roles: claimed.filter((r) => r !== 'handler') }, ...token.units.map((unit) => ({ unit, roles: claimed }))]
      : held
          .filter((m) => token.units.length === 0 || m.unit === undefined || token.units.some((u) => directory.isWithin(m.unit ?? '', u)))
          .map((m) => ({ unit: m.unit, roles: [...new Set([...m.roles, ...claimed])] }));
  return acting(
    memberships.filter((m) => m.roles.length > 0),
    directory.principalsOf(token.id, at),
  );
}
