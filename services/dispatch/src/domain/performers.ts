import { type Actor } from '@gongdan/kernel';
import { type Action, type Pack } from '@gongdan/packs';

// Roles come from the token alone. Units come from the token and from the pack's directory, which knows people who moved after the token was issued.

type Performer = Action['by'][number];

/** Whether the actor's roles allow the action on some case; `mayAct` decides for one case. */
export function mightAct(by: readonly Performer[], actor: Actor): boolean {
  return by.some((p) => rolesOf[p].some((r) => actor.roles.includes(r)));
}

/** Whether the actor may do the action to this case. */
export function mayAct(pack: Pack, c: { unit?: string; holder?: string }, by: readonly Performer[], actor: Actor): boolean {
  return by.some((p) => {
    if (!rolesOf[p].some((r) => actor.roles.includes(r))) return false;
    if (p === 'unit') return c.unit !== undefined && unitsOf(pack, actor).includes(c.unit);
    if (p === 'holder') return c.holder === actor.id;
    return true;
  });
}

export function unitsOf(pack: Pack, actor: Actor): string[] {
  return [...new Set([...actor.units, ...(pack.org.people.find((p) => p.id === actor.id)?.units ?? [])])];
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

/** Whether the actor belongs to the unit according to any of the packs. */
export function belongsTo(packs: readonly Pack[], unit: string, actor: Actor): boolean {
  return packs.some((p) => unitsOf(p, actor).includes(unit));
}
