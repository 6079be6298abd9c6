import { type Located } from '../../located.js';
import { type Context, type Path } from '../context.js';
import { factMistakes, type Scope } from './conditions.js';

const MOMENTS: readonly string[] = ['instant', 'date', 'duration'];

/** A fact that says until when: an instant, or a field of a form that holds an instant, a date or a length of time. Any other text is refused when it is needed, in the middle of the work. */
export function momentMistakes(context: Context, fact: string, path: Path, scope: Scope): Located[] {
  const [family = '', ...rest] = fact.split('.');
  const declared = Object.values(context.pack.forms ?? {}).flatMap((form) => form.fields[rest.join('.')]?.type ?? []);
  if ((family !== 'input' && family !== 'fields') || declared.length === 0) return factMistakes(context, fact, path, scope, ['instant']);
  if (declared.some((type) => MOMENTS.includes(type))) return factMistakes(context, fact, path, scope);
  return [
    ...factMistakes(context, fact, path, scope),
    { path, rule: `${fact} is a ${declared[0] ?? ''}; needed is ${MOMENTS.join(' or ')}` },
  ];
}
