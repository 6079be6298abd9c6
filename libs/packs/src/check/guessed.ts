import { SAYS } from '../format2/index.js';

/** Words that other tools use for what has another name here. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  string: 'text', str: 'text', textarea: 'text', email: 'text', phone: 'text', url: 'text',
  integer: 'number', int: 'number', decimal: 'number', float: 'number', percent: 'number',
  bool: 'boolean', checkbox: 'boolean', yesno: 'boolean',
  select: 'choice', enum: 'choice', radio: 'choice', dropdown: 'choice', option: 'choice', multiselect: 'choices', list: 'choices',
  datetime: 'instant', timestamp: 'instant', time: 'instant', day: 'date',
  currency: 'money', amount: 'money', user: 'person', department: 'unit', image: 'file', photo: 'file', picture: 'file', attachment: 'file', document: 'file',
}; // prettier-ignore

/** The word of `possible` that other tools call by this name. */
export function synonym(word: string, possible: readonly string[]): string | undefined {
  const here = Object.hasOwn(OTHER_WORDS, word.toLowerCase()) ? OTHER_WORDS[word.toLowerCase()] : undefined;
  return here !== undefined && possible.includes(here) ? here : undefined;
}

/** Why an event is told although no action says it. */
const TOLD_BY_ITSELF: Readonly<Record<string, string>> = {
  dispatched: 'going to a step with the state dispatched',
  transferred: 'giving the case to another unit or person',
  closed: 'going to a final step',
  cancelled: 'going to a final step with the state cancelled',
  suspended: 'waiting for somebody',
  resumed: 'the end of waiting for somebody',
  classified: 'classify',
};

/** Words of `says` that nobody needs to write. */
export function toldByItself(word: string): string | undefined {
  return Object.hasOwn(TOLD_BY_ITSELF, word) ? `${word} is told by itself, by ${TOLD_BY_ITSELF[word] ?? ''}; remove it` : undefined;
}

/** `dispatch.ticket-visited`: what is said so is told by an event of another name. */
export function eventOfSays(event: string): string | undefined {
  const word = event.replace(/^dispatch\.ticket-/, '');
  return word !== event && SAYS.some((s) => s === word)
    ? `${event} is not an event: what an action says as ${word} is told as dispatch.ticket-advanced; write { on: dispatch.ticket-advanced, when: { event.says: ${word} } }`
    : undefined;
}

/** What was meant by a value of another kind than the expected one: quotes around a number, a share in per cent, a table or one item where a list stands. */
export function otherKind(rule: string, value: unknown): string | undefined {
  if (/^expected number$/.test(rule) && typeof value === 'string') {
    const share = /^(\d{1,2}(?:\.\d+)?)\s*%$/.exec(value.trim())?.[1];
    if (share !== undefined) return `expected a number; write ${Number(share) / 100} for ${value.trim()}`;
    return value.trim() !== '' && Number.isFinite(Number(value)) ? 'expected a number; remove the quotes' : undefined;
  }
  if (!/^expected array/.test(rule) || typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const [first, ...others] = Object.keys(value);
  if (first === undefined) return undefined;
  if (typeof Object.values(value)[0] === 'object' && isKeyed(value))
    return `expected a list; write - { key: ${first}, … } instead of ${first}: { … }`;
  return others.length === 0 ? `expected a list; write [{ ${first}: … }]` : undefined;
}

/** A table whose values all have names is a list of things with keys, written as other parts of a pack write them. */
export function isKeyed(value: object): value is Record<string, object> {
  return Object.values(value).every((v) => typeof v === 'object' && v !== null && Object.hasOwn(v, 'names'));
}
