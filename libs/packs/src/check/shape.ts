import { type z } from 'zod';
import { meant } from '../disk/nearest.js';
import { datesOf, MOST_DAYS_OFF } from '../disk/short-forms.js';
import { EFFECT_KEYS, PackFormat2, PARTIES } from '../format2/index.js';
import { flat, type Located } from '../located.js';
import { meantByWord, otherKey, otherKind, synonym, toldByItself } from './guessed.js';

type Issue = z.core.$ZodIssue;

const INSTANT = 'must be an instant with its offset, such as 2026-03-02T09:00:00+08:00';
const HOLIDAY = 'must be CN, a date such as 2026-05-01, or a span such as 2026-02-15..2026-02-23';

/** The mistakes of shape with what would be right. Stops after `most`: one issue of a union becomes many candidates. */
export function shapeMistakes(issues: readonly Issue[], json: unknown, schema: z.ZodType = PackFormat2, most = 500): Located[] {
  const located: Located[] = [];
  for (const issue of issues) {
    if (located.length >= most) break;
    const twoEffects = effectsAt(valueAt(json, issue.path));
    if (issue.code === 'invalid_union' && twoEffects.length > 1)
      located.push({ path: issue.path, rule: `does ${twoEffects.join(' and ')} at once; write one effect per list item` });
    else located.push(...flat(issue).map((l) => explained(l, json, schema)));
  }
  return onceEach(located);
}

/** One wrong key is two issues: the right one is missing, and this one is unknown. The one that names both is kept. */
function onceEach(located: readonly Located[]): Located[] {
  const at = (path: readonly PropertyKey[]): string => path.slice(0, -1).join('/');
  const meantAt = new Set(located.flatMap(({ path, rule }) => {
    const right = /is not known here; did you mean (\S+)\?$/.exec(rule)?.[1];
    return right === undefined ? [] : [`${at(path)}/${right}`];
  })); // prettier-ignore
  const alone = new Set(
    located.filter((l) => l.path.at(-1) === 'names' && /is missing/.test(l.rule)).map((l) => at(l.path)).filter((parent) =>
      ['zh-CN', 'en'].every((lang) => located.some((l) => l.path.at(-1) === lang && l.key && at(l.path) === parent)),
    ),
  ); // prettier-ignore
  return located.flatMap((l) => {
    if (alone.has(at(l.path)) && l.path.at(-1) === 'names')
      return [{ path: l.path.slice(0, -1), rule: 'write names: { zh-CN: …, en: … } instead of both languages alone' }];
    if (alone.has(at(l.path)) && (l.path.at(-1) === 'zh-CN' || l.path.at(-1) === 'en')) return [];
    return / is missing/.test(l.rule) && meantAt.has(l.path.join('/')) ? [] : [l];
  });
}

function explained({ path, rule }: Located, json: unknown, schema: z.ZodType): Located {
  const name = String(path.at(-1) ?? '');
  if (rule === 'is not a property of this part') {
    const keys = keysAt(schema, path.slice(0, -1), json);
    if (name === 'tier' && path[0] === 'intake')
      return { path, rule: 'attributes are open to everybody who sees the ticket; ask for what is personal in the form of the first action, with tier: personal', key: true }; // prettier-ignore
    if ((name === 'lat' || name === 'lon' || name === 'lng') && keys.includes('coordinates'))
      return { path, rule: `${name} is not known here; write coordinates: { latitude: …, longitude: … }`, key: true };
    if ((name === 'notify' || name === 'mail') && keys.includes('cascade'))
      return { path, rule: `${name} is no effect: who is told what stands in notify.yaml`, key: true };
    const beside = Object.keys((valueAt(json, path.slice(0, -1)) as object | undefined) ?? {}).filter(
      (k) => k !== name && keys.includes(k),
    );
    if (keys.includes(name) && beside.length > 0)
      return { path, rule: `${name} cannot stand beside ${beside.join(', ')}; keep one of them`, key: true };
    const other = otherKey(name, keys);
    if (other !== undefined) return { path, rule: `${name} is not known here; did you mean ${other}?`, key: true };
    const near = meant(name, keys);
    const right = near !== '' || keys.length === 0 || keys.length > 30 ? near : `; known are ${keys.join(', ')}`;
    return { path, rule: `${name} is not known here${right}`, key: true };
  }
  const value = valueAt(json, path);
  if (value === 'yes' || value === 'no') {
    const possible = /^must be one of (.*)$/.exec(rule)?.[1]?.split(', ');
    if (possible === undefined || possible.includes('true'))
      return { path, rule: `${value} is a text here; write ${value === 'yes' ? 'true' : 'false'}` };
  }
  const word = meantByWord(name, value, rule);
  if (word !== undefined) return { path, rule: word };
  if (name === 'by' && value === undefined && path[0] === 'process')
    return { path, rule: 'by is missing; write holder, unit, machine, customer, { role: … } or a list of these' };
  const kind = otherKind(rule, value);
  if (kind !== undefined) return { path, rule: kind };
  if (/^expected string/.test(rule) && (typeof value === 'number' || typeof value === 'boolean'))
    return { path, rule: `expected a text; put ${String(value)} in quotes` };
  if (/^expected string/.test(rule) && value === null) return { path, rule: 'is empty; expected a text' };
  if (/^expected record|^expected object/.test(rule) && typeof value === 'string' && /:\S/.test(value))
    return { path, rule: `expected keys with values; is a blank missing after the colon of ${value.slice(0, 40)}?` };
  if (/^expected array/.test(rule) && typeof value === 'object' && value !== null)
    return { path, rule: 'expected a list; begin its items with "- "' };
  const shorter = meantTable(name, value, rule);
  if (shorter !== undefined) return { path, rule: shorter };
  if (name === 'waitsFor' && typeof value === 'string')
    return { path, rule: `${shown(value)} is not possible; possible are ${PARTIES.join(', ')}, { group: … }` };
  const choices = /^must be one of (.*)$/.exec(rule)?.[1]?.split(', ');
  if (choices && value === undefined)
    return {
      path,
      rule: `${name} is missing; write ${choices.length > 1 ? `one of ${choices.join(', ')}` : `${name}: ${String(choices[0])}`}`,
    };
  if (choices && path.at(-2) === 'holidays')
    return {
      path,
      rule:
        datesOf(value) === undefined
          ? HOLIDAY
          : `the holidays of the pack are more than ${MOST_DAYS_OFF} days; write the years that are needed`,
    };
  const byItself = name === 'says' && typeof value === 'string' ? toldByItself(value) : undefined;
  if (byItself !== undefined) return { path, rule: byItself };
  const other = choices && typeof value === 'string' ? synonym(value, choices) : undefined;
  if (other !== undefined) return { path, rule: `${shown(value)} is not possible; did you mean ${other}?` };
  if (choices && typeof value !== 'object')
    return {
      path,
      rule: `${shown(value)} is not possible${meant(String(value), choices)}${choices.length > 24 ? '' : `; possible are ${choices.join(', ')}`}`,
    };
  if (/^expected (object|record)$/.test(rule)) {
    const keys = keysAt(schema, path, json);
    return {
      path,
      rule: `expected a table of keys with values${keys.length > 0 && keys.length <= 30 ? `; known are ${keys.join(', ')}` : ''}`,
    };
  }
  if (rule === 'Invalid ISO datetime') return { path, rule: INSTANT };
  const most = /^Too big: expected (\w+) to (?:be|have) <=(\d+)/.exec(rule);
  if (most !== null)
    return {
      path,
      rule:
        most[1] === 'string'
          ? `is longer than ${most[2]} characters`
          : most[1] === 'array'
            ? `has more than ${most[2]} items`
            : `must be at most ${most[2]}`,
    };
  const least = /^Too small: expected (?:number|int) to be (>=?)(-?\d+)/.exec(rule);
  if (least !== null) return { path, rule: least[1] === '>' ? `must be more than ${least[2]}` : `must be at least ${least[2]}` };
  if (/^Too small: expected string/.test(rule)) return { path, rule: 'is empty; write a text' };
  if (/^Too small: expected array/.test(rule)) return { path, rule: 'is an empty list; write at least one item, or leave it out' };
  const on = name === 'when' ? valueAt(json, [...path.slice(0, -1), 'on']) : undefined;
  if (/^is missing/.test(rule) && typeof on === 'string' && path[0] === 'sla')
    return { path: path.slice(0, -1), rule: `when is missing; write ${on} alone, or add when: { fact: value }` };
  const missing = /^is missing \((.*)\)$/.exec(rule)?.[1];
  if (missing !== undefined) {
    if (name === 'names' || name === 'about') return { path, rule: `${name} is missing; write ${name}: { zh-CN: …, en: … }` };
    const what = name === 'zh-CN' ? 'the Chinese text' : name === 'en' ? 'the English text' : `${name} (${missing})`;
    return { path, rule: `${what} is missing; write it` };
  }
  return { path, rule };
}

/** A value as it stands in a message; a long one would hide what is said about it. */
function shown(value: unknown): string {
  const text = String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** What was meant by a short form that people expect: a unit for a holder, a role for a performer, one item for a list. */
function meantTable(name: string, value: unknown, rule: string): string | undefined {
  if (name === 'limit' && typeof value === 'number')
    return `expected a table; write for example { days: 3 } for a clock or { times: ${value}, per: case } for an action`;
  if (typeof value !== 'string' || !/expected (object|record|array)/.test(rule)) return undefined;
  if (/^expected array$/.test(rule)) return `expected a list; write [${value.slice(0, 60)}]`;
  if (name === 'names' || name === 'about' || name === 'unless' || name === 'why')
    return `expected both languages; write { zh-CN: …, en: … }`;
  if (name === 'when' || name === 'required' || name === 'visible')
    return `expected a condition; write { fact: value } or { fact: { gte: value } } instead of ${value.slice(0, 60)}`;
  if (name === 'holder' || name === 'assign' || name === 'fallback')
    return `${value.slice(0, 60)} is no rule; write { unit: ${value.slice(0, 60)} }, { role: …, of: … }, { doer: … } or self`;
  if (name === 'by')
    return `${value.slice(0, 60)} is not possible; write holder, unit, machine, customer, { role: ${value.slice(0, 60)} } or a list of these`;
  if (name === 'field' && isFactName(value)) return `expected a fact; write { fact: ${value} }`;
  if (name === 'limit') return `expected a table; write for example { days: 3 } for a clock or { times: 1, per: case } for an action`;
  return undefined;
}

const isFactName = (value: string): boolean => /^[a-z]+(\.[A-Za-z0-9_-]+)+$/.test(value);

function effectsAt(value: unknown): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.keys(value).filter((k) => EFFECT_KEYS.some((e) => e === k));
}

export function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  let value = json;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}

/** The keys that the schema knows at a path. Of a union, those of the branches that know one of the keys that stand there, else of all. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[], json: unknown): string[] {
  const shapes = objectsAt([schema], path);
  const present = Object.keys((valueAt(json, path) as object | undefined) ?? {});
  const fitting = shapes.filter((keys) => keys.some((k) => present.includes(k)));
  return [...new Set((fitting.length > 0 ? fitting : shapes).flat())];
}

function objectsAt(schemas: readonly z.core.$ZodType[], path: readonly PropertyKey[]): string[][] {
  const open = schemas.flatMap(unwrapped);
  const [part, ...rest] = path;
  if (part === undefined) return open.flatMap(({ def }) => (def.type === 'object' ? [Object.keys(def.shape)] : namedKeys(def)));
  const next = open.flatMap(({ def }): z.core.$ZodType[] => {
    if (def.type === 'object')
      return def.shape[String(part)] ? [def.shape[String(part)] as z.core.$ZodType] : def.catchall ? [def.catchall] : [];
    if (def.type === 'record') return [def.valueType];
    if (def.type === 'array') return [def.element];
    return [];
  });
  return next.length === 0 ? [] : objectsAt(next, rest);
}

/** The keys of a record that may hold only some, such as the days of the week. */
function namedKeys(def: z.core.$ZodTypes['_zod']['def']): string[][] {
  if (def.type !== 'record') return [];
  const of = (def.keyType as z.core.$ZodTypes)._zod.def;
  return of.type === 'enum' ? [Object.values(of.entries).map(String)] : [];
}

function unwrapped(schema: z.core.$ZodType): { def: z.core.$ZodTypes['_zod']['def'] }[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'optional' || def.type === 'nullable' || def.type === 'default') return unwrapped(def.innerType);
  if (def.type === 'union') return def.options.flatMap(unwrapped);
  return [{ def }];
}
