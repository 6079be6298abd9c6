import { type Directory, reachOf, type Scope } from '@gongdan/directory';
import { type Case, isVisible, unitOfCase } from '@gongdan/engine';
import { type Speech } from '../texts.js';

/** Roles of the platform that act on no case. */
const ONLY_LOOK = new Set(['analyst', 'operator', 'pack-author']);

/** Who sees the tried ticket, as dispatch asks before an action. */
export class Sight {
  constructor(
    private readonly directory: Directory,
    private readonly speech: Speech,
  ) {}

  sees(c: Case, id: string, now: string): boolean {
    return isVisible(c, { id, scope: this.scopeOf(id, now) });
  }

  /** What the platform answers to somebody who does not see it, and why. */
  refusal(c: Case, person: string, now: string): string {
    const nothing = this.speech.say('try.nothing');
    const unit = unitOfCase(c) ?? c.ticket.unit ?? nothing;
    const reach = this.scopeOf(person, now).units.join(', ') || nothing;
    return this.speech.say('try.refused', { code: 'dispatch/no-case', why: this.speech.say('try.unseen', { person, unit, reach }) });
  }

  private scopeOf(id: string, now: string): Scope {
    return reachOf(this.directory, { id, roles: [], units: [] }, now).scope((role) => !ONLY_LOOK.has(role));
  }
}
