import { type Client } from 'gongdan';
import { type ProductClock } from './product-clock.js';
import { type Actor, type World } from './world.js';

/** People leave, come, change their unit and stand in for each other while the cases run. */
export class Churn {
  readonly changes = new Map<string, number>();
  private next = 0;

  constructor(
    private readonly client: Client,
    private readonly random: () => number,
    /** Called with somebody who has just come. */
    private readonly joined: (w: World, actor: Actor) => void,
    private readonly clock: ProductClock,
  ) {}

  async once(w: World): Promise<void> {
    const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(this.random() * list.length)];
    const actor = pick(w.actors);
    const [unit] = actor?.units ?? [];
    if (actor === undefined || unit === undefined) return;
    const { id } = actor.person;
    const put = (path: string, body: unknown): Promise<unknown> =>
      this.client.must('dispatch', 'PUT', `/v1/directory/${path}`, { as: w.admin, body });
    const roll = this.random();
    const what = roll < 0.3 ? 'left' : roll < 0.5 ? 'moved' : roll < 0.75 ? 'came' : roll < 0.9 ? 'deputy' : 'absent';
    this.changes.set(what, (this.changes.get(what) ?? 0) + 1);
    if (what === 'left') await put(`people/${id}`, { name: id, activeUntil: this.clock.iso() });
    else if (what === 'deputy') {
      const deputy = pick(w.actors.filter((a) => a !== actor && a.units.includes(unit)));
      if (deputy !== undefined)
        await put(`deputies/d${(this.next += 1)}`, {
          person: id,
          deputy: deputy.person.id,
          from: this.clock.iso(),
          until: this.clock.iso(10_000),
        });
    } else if (what === 'absent') await put(`presence/${id}`, { state: 'absent', until: this.clock.iso(8_000) });
    else {
      const found = await this.client.call<{ roles?: string[] }>('dispatch', 'GET', `/v1/directory/memberships/${id}?unit=${unit}`, {
        as: w.admin,
      });
      const roles = found.body.roles ?? ['handler'];
      if (what === 'came') {
        const person = { ...actor.person, id: `n${(this.next += 1)}` };
        await put(`people/${person.id}`, { name: person.id });
        await put(`memberships/${person.id}?unit=${unit}`, { roles });
        const fresh = { person, units: [unit] };
        w.actors.push(fresh);
        this.joined(w, fresh);
      } else {
        const to = pick(w.units)?.key ?? unit;
        if (to === unit) return;
        await put(`memberships/${id}?unit=${to}`, { roles });
        await this.client.call('dispatch', 'DELETE', `/v1/directory/memberships/${id}?unit=${unit}`, { as: w.admin });
        actor.units = [to];
      }
    }
  }
}
