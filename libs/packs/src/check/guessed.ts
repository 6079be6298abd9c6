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

const LENGTHS: Readonly<Record<string, string>> = { min: 'minutes', h: 'hours', d: 'days', wd: 'workingDays', mo: 'months' };

/** What was meant by a text or a list in the place of a table. */
export function meantByWord(name: string, value: unknown, rule: string): string | undefined {
  if (name === 'go' && Array.isArray(value)) return 'expected one value and not a list; write one item for each, with a when';
  if (!/expected (?:object|record)/.test(rule)) return undefined;
  if (name === 'choices' && Array.isArray(value) && typeof value[0] === 'string')
    return `expected both languages for each; write { ${value[0]}: { zh-CN: …, en: … }, … }`;
  if (name === 'skills' && Array.isArray(value) && typeof value[0] === 'string') return `expected a table; write { ${value[0]}: 1 }`;
  if (typeof value !== 'string' || value.length > 60) return undefined;
  const [, n, unit = ''] = /^(\d{1,6})\s*(min|h|d|wd|mo)$/.exec(value) ?? [];
  if (n !== undefined && (name === 'limit' || name === 'before')) return `expected a table; write { ${LENGTHS[unit] ?? unit}: ${n} }`;
  if (n !== undefined && name === 'sleep') return `expected a table; write { until: ${value} }`;
  return name === 'except' ? `expected a table; write { doer: ${value} }` : undefined;
}

/** Keys that people write for others. */
const OTHER_KEYS: Readonly<Record<string, string>> = { by: 'as', who: 'as', holder: 'person', assignee: 'holder' };

export function otherKey(name: string, keys: readonly string[]): string | undefined {
  const here = Object.hasOwn(OTHER_KEYS, name) ? OTHER_KEYS[name] : undefined;
  return here !== undefined && keys.includes(here) ? here : undefined;
}
