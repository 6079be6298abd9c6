import { type Acting, maySee } from '@gongdan/engine';
import { type Pack } from '@gongdan/packs';

// A field whose form names roles is shown to people with one of them only, and a personal field to nobody without. Decision records keep the facts that a table
// asked, so the value of such a field can stand there, too.

/** Fields that are hidden from the caller, and those that are sealed: a personal field is shown only to the roles that its form names. */
export function fieldsBySight(pack: Pack, caller: Acting): { hidden: Set<string>; personal: Set<string> } {
  const hidden = new Set<string>();
  const personal = new Set<string>();
  for (const form of Object.values(pack.forms))
    for (const [key, field] of Object.entries(form.fields)) {
      if (field.tier === 'personal') personal.add(key);
      if ((field.tier === 'personal' && field.roles === undefined) || !maySee(field, caller)) hidden.add(key);
    }
  return { hidden, personal };
}

/** The facts without those that tell a hidden field; without any field where `hidden` is undefined, because the pack cannot be read any more. */
export function factsInSight(facts: Readonly<Record<string, unknown>>, hidden: ReadonlySet<string> | undefined): Record<string, unknown> {
  if (hidden?.size === 0) return facts;
  return Object.fromEntries(
    Object.entries(facts).filter(([fact]) => {
      const field = /^(?:tasks\.[^.]+\.)?(?:fields|input)\.(.+)$/.exec(fact)?.[1];
      return field === undefined || hidden?.has(field) === false;
    }),
  );
}
