import { type Actor } from '@gongdan/kernel';
import { type Action, type Pack } from '@gongdan/packs';

// Roles come from the token alone; units from the token and from the pack's directory, which knows who was moved since the token was made.

type Performer = Action['by'][number];

/** Whether the roles of the actor could ever allow it; says nothing about this case. */
export function mightAct(by: readonly Performer[], actor: Actor): boolean {
  return by.some((p) => roleOf[p].some((r) => actor.roles.includes(r)));
}

/** Whether the actor may do it to this case. */
export function mayAct(pack: Pack, c: { unit?: string; holder?: string }, by: readonly Performer[], actor: Actor): boolean {
  return by.some((p) => {
    if (!roleOf[p].some((r) => actor.roles.includes(r))) return false;
    if (p === 'unit') return c.unit !== undefined && unitsOf(pack, actor).includes(c.unit);
    if (p === 'holder') return c.holder === actor.id;
    return true;
  });
}

export function unitsOf(pack: Pack, actor: Actor): string[] {
  return [...new Set([...actor.units, ...(pack.org.people.find((p) => p.id === actor.id)?.units ?? [])])];
}

/** Whether the directory knows the person as somebody of the unit who works on tickets. */
export function personIn(pack: Pack, person: string, unit: string): boolean {
  return pack.org.people.some((p) => p.id === person && p.units.includes(unit) && p.roles.includes('handler'));
}

const roleOf: Readonly<Record<Performer, readonly string[]>> = {
  unit: ['handler'],
  // A supervisor who took something over holds it like anybody else.
  holder: ['handler', 'supervisor'],
  supervisor: ['supervisor'],
  agent: ['agent'],
  machine: ['machine'],
};

/** Whether the actor belongs to the unit by any pack of the organisation. */
export function belongsTo(packs: readonly Pack[], unit: string, actor: Actor): boolean {
  return packs.some((p) => unitsOf(p, actor).includes(unit));
}
