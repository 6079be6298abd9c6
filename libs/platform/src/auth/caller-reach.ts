import { Directory, type Reach, reachOf, type Scope } from '@gongdan/directory';
import { type Actor, type Instant } from '@gongdan/kernel';
import { hasRight, type RightName, ROLE_RIGHTS } from './rights.js';

/** Where a service finds the directory of an organisation. A service without one provides none: then the token alone says who may what. */
export abstract class Directories {
  abstract of(org: string): Promise<Directory>;
}

/** What a caller may at this instant, and in which units. */
export class CallerReach {
  private readonly reach: Reach;
  private readonly tokenRoles: readonly string[];

  constructor(directory: Directory, caller: Actor, now: Instant) {
    this.reach = reachOf(directory, caller, now);
    const unknown = directory.person(caller.id) === undefined && !directory.isDeleted(caller.id);
    this.tokenRoles = unknown || directory.isActive(caller.id, now) ? caller.roles : [];
  }

  /** Roles that count for rights. A handler in no unit may do what a handler may, but reaches nothing; whoever has left has no role at all. */
  get roles(): string[] {
    return [...new Set([...this.tokenRoles, ...this.reach.roles.map(platformRole)])];
  }

  has(right: RightName): boolean {
    return hasRight(this.roles, right);
  }

  /** Which units the right reaches. */
  scope(right: RightName): Scope {
    return this.reach.scope((role) => hasRight([platformRole(role)], right));
  }
}

/** A role of a pack has the rights of a handler. */
function platformRole(role: string): string {
  return Object.hasOwn(ROLE_RIGHTS, role) ? role : 'handler';
}
