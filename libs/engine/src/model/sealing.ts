import { type Work } from './work.js';

/** Whether the form that was filled in seals the field. */
export function isSealedInput({ sealed }: Work, name: string): boolean {
  return sealed?.some((told) => told === name || told.endsWith(`.fields.${name}`)) === true;
}

/** Whether the value of the fact is the text that the sealing function returned. */
export function isSealedFact(w: Work, fact: string): boolean {
  if (w.pack.personal.size === 0) return false;
  const [, input, field] = /^(?:input\.(.+)|(?:tasks\.[^.]+\.)?fields\.(.+))$/.exec(fact) ?? [];
  if (input !== undefined) return isSealedInput(w, input);
  return field !== undefined && w.pack.personal.has(field);
}
