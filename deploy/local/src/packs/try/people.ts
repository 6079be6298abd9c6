import { Directory, type DirectoryRows, reachOf, type Scope } from '@gongdan/directory';
import { type Acting, actingOf, type Case, isVisible, unitOfCase } from '@gongdan/engine';
import { type SampleDirectoryData } from '@gongdan/packs/format2';
import { type Speech } from '../texts.js';
import { Misunderstood } from './lines.js';

/** Roles of the platform that act on no case. */
const ONLY_LOOK = new Set(['analyst', 'operator', 'pack-author']);

/** The people of the sample directory: what they may and which ticket they see, as dispatch asks before an action. */
export class People {
  readonly directory: Directory;

  constructor(
    private readonly sample: SampleDirectoryData,
    private readonly speech: Speech,
  ) {
    const { units, people } = sample;
    const deputies = (sample.deputies ?? []).map(({ of, ...d }) => ({ person: of, ...d }));
    const memberships = people.flatMap((p) => p.memberships.map((m) => ({ person: p.id, ...m })));
    const rows = { units, people: people.map(({ id, name }) => ({ id, name })), memberships, deputies };
    this.directory = Directory.of(rows as unknown as DirectoryRows);
  }

  all(now: string): Acting[] {
    return this.sample.people.map((p) => this.acting(p.id, now));
  }

  acting(id: string, now: string): Acting {
    const person = this.sample.people.find((p) => p.id === id);
    if (!person) throw new Misunderstood(this.speech.say('try.nobody', { id, list: this.sample.people.map((p) => p.id).join(', ') }));
    return actingOf(this.directory, { id, name: person.name, roles: [], units: [] }, now);
  }

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
