import { type Instant } from '@gongdan/kernel';
import { type Directory } from './directory.js';

// A right is a role held somewhere. `Reach` says which roles a caller has at this instant and which units each of them reaches.

/** What a token says. */
export interface Caller {
  id: string;
  roles: readonly string[];
  units: readonly string[];
}

/** A role in force; without a unit it reaches the whole organisation. */
export interface Grant {
  role: string;
  unit?: string;
  /** Units under the unit are reached, too. */
  subtree: boolean;
}

/** The units that some roles of a caller reach. */
export interface Scope {
  /** Everything, also what no unit holds. */
  all: boolean;
  /** Otherwise exactly these. */
  units: readonly string[];
}

/** Everything: for what the platform does by itself, and in tests. */
export const EVERYWHERE: Scope = { all: true, units: [] };

export function inScope(scope: Scope, unit: string | null | undefined): boolean {
  return scope.all || (unit !== null && unit !== undefined && scope.units.includes(unit));
}

const ROLES_OF_ORGANISATION: ReadonlySet<string> = new Set(['agent', 'machine', 'admin', 'operator', 'pack-author']);
const ROLES_OF_SUBTREE: ReadonlySet<string> = new Set(['supervisor', 'analyst']);
/** What a token may claim. A role of a pack comes from the directory alone: identity providers put names of their own into tokens. */
export const ofToken = (role: string): boolean => role === 'handler' || ROLES_OF_ORGANISATION.has(role) || ROLES_OF_SUBTREE.has(role);

export class Reach {
  constructor(
    private readonly directory: Directory,
    readonly grants: readonly Grant[],
  ) {}

  /** Every role that is in force anywhere. */
  get roles(): string[] {
    return [...new Set(this.grants.map((g) => g.role))];
  }

  /** What the roles that pass the test reach together. */
  scope(test: (role: string) => boolean = () => true): Scope {
    const units = new Set<string>();
    for (const grant of this.grants) {
      if (!test(grant.role)) continue;
      if (grant.unit === undefined) return { all: true, units: [] };
      units.add(grant.unit);
      if (grant.subtree) for (const under of this.directory.subtreeOf(grant.unit)) units.add(under);
    }
    return { all: false, units: [...units] };
  }

  /** Whether one of the roles that pass the test reaches the unit; what no unit holds is reached by roles of the whole organisation only. */
  covers(unit: string | undefined, test: (role: string) => boolean = () => true): boolean {
    return this.grants.some(
      (g) =>
        test(g.role) &&
        (g.unit === undefined || g.unit === unit || (g.subtree && unit !== undefined && this.directory.isWithin(unit, g.unit))),
    );
  }
}

/**
 * What a caller reaches. A person of the directory has the roles of the memberships, and those of the people whose deputy he is now; a role that only
 * the token names is held in the same units. The token's units narrow what is held in a unit. Whoever has left, has been deleted or has not come yet, has nothing.
 * Anybody else has the roles of the token: `handler` in the units that the token names, the others in the whole organisation.
 */
export function reachOf(directory: Directory, caller: Caller, at: Instant): Reach {
  if (directory.isDeleted(caller.id)) return new Reach(directory, []);
  if (directory.person(caller.id) === undefined) return new Reach(directory, grantsOfToken(caller));
  if (!directory.isActive(caller.id, at)) return new Reach(directory, []);
  const held = directory.membershipsOf(caller.id, at);
  const places = held.length === 0 ? [undefined] : [...new Set(held.map((m) => m.unit))];
  const own = held.flatMap((m) => m.roles.map((role) => grantOf(role, m.unit)));
  const named = caller.roles.filter((role) => ofToken(role) && !own.some((g) => g.role === role));
  const fromToken = named.flatMap((role) =>
    held.length === 0 ? grantsOfToken({ ...caller, roles: [role] }) : places.map((unit) => grantOf(role, unit)),
  );
  const narrowed = [...own, ...fromToken].flatMap((g) => narrow(directory, g, caller.units));
  const deputised = directory.principalsOf(caller.id, at).flatMap((p) =>
    directory
      .membershipsOf(p.person, at)
      .filter((m) => p.unit === undefined || m.unit === p.unit)
      .flatMap((m) => m.roles.map((role) => grantOf(role, m.unit))),
  );
  return new Reach(directory, [...narrowed, ...deputised]);
}

function grantOf(role: string, unit: string | undefined): Grant {
  if (unit === undefined || ROLES_OF_ORGANISATION.has(role)) return { role, subtree: false };
  return { role, unit, subtree: ROLES_OF_SUBTREE.has(role) };
}

function grantsOfToken(caller: Caller): Grant[] {
  return caller.roles.filter(ofToken).flatMap((role): Grant[] => {
    if (ROLES_OF_ORGANISATION.has(role) || ROLES_OF_SUBTREE.has(role)) return [{ role, subtree: false }];
    return caller.units.map((unit) => ({ role, unit, subtree: false }));
  });
}

/**
 * Identity providers put a person's home unit into the token, so a supervisor of the whole organisation is not narrowed by it; what is held in a unit,
 * and the work of a handler, is.
 */
function narrow(directory: Directory, grant: Grant, units: readonly string[]): Grant[] {
  if (units.length === 0) return [grant];
  const { role, unit } = grant;
  if (unit === undefined) {
    if (ROLES_OF_ORGANISATION.has(role) || ROLES_OF_SUBTREE.has(role)) return [grant];
    return units.map((one) => ({ role, unit: one, subtree: false }));
  }
  if (units.some((one) => directory.isWithin(unit, one))) return [grant];
  return grant.subtree ? units.filter((one) => directory.isWithin(one, unit)).map((one) => ({ ...grant, unit: one })) : [];
}
