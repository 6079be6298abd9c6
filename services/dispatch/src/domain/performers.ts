import { type Actor } from '@gongdan/kernel';
import { type Action, type Pack } from '@gongdan/packs';

// Roles and units of the actor are those of the directory, and of the token for whoever is not in it (`CallerReach`).

type Performer = Action['by'][number];

/** Whether the actor's roles allow the action on some case; `mayAct` decides for one case. */
export function mightAct(by: readonly Performer[], actor: Actor): boolean {
  return by.some((p) => rolesOf[p].some((r) => actor.roles.includes(r)));
}

/** Whether the actor may do the action to this case. */
export function mayAct(c: { unit?: string; holder?: string }, by: readonly Performer[], actor: Actor): boolean {
  return by.some((p) => {
    if (!rolesOf[p].some((r) => actor.roles.includes(r))) return false;
    if (p === 'unit') return c.unit !== undefined && actor.units.includes(c.unit);
    if (p === 'holder') return c.holder === actor.id;
    return true;
  });
}

/** Whether the pack's directory lists the person as a handler of the unit. */
export function personIn(pack: Pack, person: string, unit: string): boolean {
  return pack.org.people.some((p) => p.id === person && p.units.includes(unit) && p.roles.includes('handler'));
}

const rolesOf: Readonly<Record<Performer, readonly string[]>> = {
  unit: ['handler'],
  // A supervisor who took a case over is its holder like a handler.
  holder: ['handler', 'supervisor'],
  supervisor: ['supervisor'],
  agent: ['agent'],
  machine: ['machine'],
};
