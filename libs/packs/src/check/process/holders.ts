import { type Except, type HolderRule, listOf, type Performer } from '../../format2/index.js';
import { type Located } from '../../located.js';
import { factMistakes, type Scope } from '../conditions/conditions.js';
import { type Context, declared, type Path } from '../context.js';

const OF_WORDS = new Set(['unit', 'parent', 'registering-unit', 'each']);

/** Names in a rule that says who holds a task. */
export function holderMistakes(context: Context, rule: HolderRule | undefined, at: Path, scope: Scope): Located[] {
  if (rule === undefined || rule === 'self') return [];
  const fact = (name: string | undefined, key: string): Located[] =>
    name === undefined ? [] : factMistakes(context, name, [...at, key], scope);
  const { unit, waitsFor, pick, of } = rule;
  return [
    ...(typeof unit === 'string' ? declared(context, 'unit', unit, [...at, 'unit']) : []),
    ...(typeof unit === 'object' && 'fact' in unit ? fact(unit.fact, 'unit') : []),
    ...(typeof unit === 'object' && 'code' in unit
      ? [...fact(unit.code.fact, 'unit'), ...declared(context, 'unit', unit.under, [...at, 'unit', 'under'])]
      : []),
    ...(typeof unit === 'object' && 'nearest' in unit
      ? declared(context, 'unit', unit.nearest.under, [...at, 'unit', 'nearest', 'under'])
      : []),
    ...fact(rule.person?.fact, 'person'),
    ...declared(context, 'table', rule.route, [...at, 'route']),
    ...declared(context, 'role', rule.role, [...at, 'role']),
    ...ofMistakes(context, of, [...at, 'of'], scope),
    ...(rule.doer === 'registration' ? [] : declared(context, 'action', rule.doer, [...at, 'doer'])),
    ...declared(context, 'step', rule.previous, [...at, 'previous']),
    ...(typeof waitsFor === 'object' && 'fact' in waitsFor ? fact(waitsFor.fact, 'waitsFor') : []),
    ...(typeof waitsFor === 'object' && 'group' in waitsFor
      ? declared(context, 'group', waitsFor.group, [...at, 'waitsFor', 'group'])
      : []),
    ...(typeof pick === 'object' && 'mapped' in pick ? fact(pick.mapped, 'pick') : []),
    ...(typeof pick === 'object' && 'skill' in pick
      ? [pick.skill, pick.level].flatMap((x) => (typeof x === 'object' ? fact(x.fact, 'pick') : []))
      : []),
    ...exceptMistakes(context, rule.except, [...at, 'except']),
    ...uselessExcept(rule, at),
  ];
}

/** A rule that names one person has no pool from which somebody could be left out. */
function uselessExcept(rule: Exclude<HolderRule, 'self'>, at: Path): Located[] {
  const one = (['doer', 'previous', 'person'] as const).find((key) => rule[key] !== undefined);
  if (rule.except === undefined || one === undefined) return [];
  return [
    {
      path: [...at, 'except'],
      rule: `${one} names one person, and except leaves nobody out; write except at the action, or name a unit or a role`,
      key: true,
    },
  ];
}

function ofMistakes(context: Context, of: string | { fact: string } | undefined, at: Path, scope: Scope): Located[] {
  if (typeof of === 'object') return of.fact === 'each' ? [] : factMistakes(context, of.fact, at, scope);
  return of === undefined || OF_WORDS.has(of) || of.startsWith('level:') ? [] : declared(context, 'unit', of, at);
}

export function exceptMistakes(context: Context, except: Except | undefined, at: Path): Located[] {
  if (!except) return [];
  const actions = (key: 'doer' | 'unitsOf'): Located[] =>
    listOf(except[key]).flatMap((a) => (a === 'registration' ? [] : declared(context, 'action', a, [...at, key])));
  return [
    ...actions('doer'),
    ...actions('unitsOf'),
    ...(Array.isArray(except.held) ? except.held.flatMap((s, i) => declared(context, 'step', s, [...at, 'held', i])) : []),
  ];
}

/** Names in the list of those who may act. */
export function performerMistakes(context: Context, by: Performer | Performer[], at: Path, scope: Scope): Located[] {
  return listOf<Performer>(by).flatMap((p, i) => {
    const here = Array.isArray(by) ? [...at, i] : at;
    if (typeof p === 'string') return [];
    if ('unitIn' in p)
      return [...factMistakes(context, p.unitIn, [...here, 'unitIn'], scope), ...declared(context, 'role', p.role, [...here, 'role'])];
    if ('doer' in p) return p.doer === 'registration' ? [] : declared(context, 'action', p.doer, [...here, 'doer']);
    return declared(context, 'role', p.role, [...here, 'role']);
  });
}
