import { type Located } from '../../located.js';
import { type Context, type Path } from '../context.js';
import { factMistakes, type Scope } from './conditions.js';

const MOMENTS: readonly string[] = ['instant', 'date', 'duration'];

/** What a clock can take for its deadline. */
export const DEADLINES: readonly string[] = ['instant', 'date'];

/**
 * A fact that says until when: an instant, or a field of a form or an attribute that holds one of `types`. Any other text is refused when it is needed, in the middle
 * of the work; a clock whose deadline is no moment does not even start.
 */
export function momentMistakes(context: Context, fact: string, path: Path, scope: Scope, types: readonly string[] = MOMENTS): Located[] {
  const [family = '', ...rest] = fact.split('.');
  const name = rest.join('.');
  const declared: string[] = ['input', 'fields'].includes(family)
    ? Object.values(context.pack.forms ?? {}).flatMap((form) => form.fields[name]?.type ?? [])
    : family === 'attributes'
      ? (context.pack.intake.attributes ?? []).flatMap((a) => (a.key === name ? [a.type] : []))
      : [];
  if (declared.length === 0) {
    const mistakes = factMistakes(context, fact, path, scope, ['instant']);
    return mistakes.map((m) => ({ ...m, rule: m.rule.replace(/needed is instant$/, `needed is ${types.join(' or ')}`) }));
  }
  if (declared.some((type) => types.includes(type))) return factMistakes(context, fact, path, scope);
  return [
    ...factMistakes(context, fact, path, scope),
    { path, rule: `${fact} is a ${declared[0] ?? ''}; needed is ${types.join(' or ')}` },
  ];
}
