import { describe, expect, it } from '@jest/globals';
import { AppError } from '@gongdan/kernel';
import { type Form, type FormField } from '@gongdan/packs/format2';
import { opened } from '../cases.suite.js';
import { compile } from '../model/compiled.js';
import { type Context } from '../facts/context.js';
import { actingOf } from '../model/env.js';
import { maySee, ledgerOf, readForm } from './forms.js';
import { randomPack } from '../laws/random-pack.suite.js';
import { directory, luckOf, NOW, view } from '../laws/small-world.suite.js';
import { type Task } from '../model/case.js';

const pack = compile(randomPack(luckOf(1)));
const task = {
  no: 1,
  step: 'first',
  lead: true,
  holder: { unit: 'east' },
  openedAt: NOW,
  sleeps: 0,
  fields: {},
  version: 1,
} satisfies Task;
const as = (id: string): Context => ({ pack, view, case: opened(), now: NOW, task, actor: actingOf(directory, { id, roles: [], units: [] }, NOW) }); // prettier-ignore
const ann = as('ann');
const names = { 'zh-CN': 'x', en: 'x' };
const field = (of: Partial<FormField>): FormField => ({ names, type: 'text', ...of });
const form = (fields: Record<string, Partial<FormField>>): Form => ({ fields: Object.fromEntries(Object.entries(fields).map(([k, f]) => [k, field(f)])) }); // prettier-ignore

/** The code of the refusal with its pointers, or what was read. */
function read(of: Record<string, Partial<FormField>>, input: Record<string, unknown>, x = ann): unknown {
  try {
    return readForm(form(of), input, x);
  } catch (error) {
    if (error instanceof AppError) return [error.code.replace('dispatch/', ''), ...error.violations.map((v) => v.pointer)];
    throw error;
  }
}

const choices = { red: names, blue: names };
const columns = { item: { names, type: 'text' as const, required: true as const }, count: { names, type: 'number' as const } };

describe('a field takes only values of its type', () => {
  it.each<[Partial<FormField>, unknown[], unknown[]]>([
    [{ type: 'text', pattern: '[0-9]{4}-[A-Z]' }, ['2026-A'], ['2026-a', ' 2026-A', '2026-AB']],
    [{ type: 'text' }, ['a', 'x'.repeat(2000)], [1, true, {}, ['a'], 'x'.repeat(2001), 'a\u0000', '\ud800']],
    [{ type: 'text', min: 2, max: 3 }, ['ab', 'abc'], ['a', 'abcd']],
    [{ type: 'number', min: 1, max: 3 }, [1, 2.5, 3], [0, 4, '2', NaN, Infinity]],
    [{ type: 'money' }, [0, 1.25, 19.99, 660_364_790.68], [-1, 1.001, 660_364_790.685, '1']],
    [{ type: 'boolean' }, [true, false], ['true', 1]],
    [{ type: 'choice', choices }, ['red'], ['green', 'toString', ['red']]],
    [{ type: 'choices', choices }, [['red', 'blue'], []], ['red', ['green'], ['red', 'red']]],
    [{ type: 'date' }, ['2026-03-02', '2020-01-01'], ['2026-13-01', '2026-02-30', '0000-01-01', '02.03.2026', 20260302]],
    [{ type: 'date', future: true }, ['2026-03-02', '2026-03-03'], ['2026-03-01']],
    [
      { type: 'instant' },
      ['2026-03-02T15:00:00+08:00', '2026-03-02T15:00Z'],
      ['2026-03-02T15:00:00', '2026-02-30T15:00:00Z', '2026-03-02', 5],
    ],
    [{ type: 'instant', future: true }, ['2026-03-02T01:00:01Z'], [NOW, '2026-03-02T08:59:59+08:00']],
    [{ type: 'duration' }, ['30min', '4h', '2wd', '1mo', '999999h', '3999wd', '999mo'], ['0h', '1w', 'h', 30, '4000wd', '1000mo']],
    [{ type: 'person' }, ['ann', 'cat'], ['gil', 'nobody', '', ['ann']]],
    [{ type: 'person', role: 'leader' }, ['bob'], ['ann', 'dan']],
    [{ type: 'person', role: 'handler', scope: 'subtree' }, ['ann', 'fay'], ['cat']],
    [{ type: 'person', role: 'director', scope: 'any' }, ['eve'], ['ann']],
    [{ type: 'unit' }, ['east', 'west'], ['gone', 'nowhere', ['east']]],
    [{ type: 'unit', among: 'peers' }, ['west'], ['east', 'east-1', 'root']],
    [{ type: 'unit', among: 'below' }, ['east-1'], ['east', 'west']],
    [{ type: 'unit', among: 'subtree' }, ['east', 'east-1'], ['west']],
    [{ type: 'units' }, [['east', 'west']], ['east', ['east', 'east'], ['gone']]],
    [{ type: 'category' }, ['billing', 'billing.refund'], ['else', 3]],
    [{ type: 'file' }, [{ name: 'a.jpg' }, 'receipt'], [{}, { name: ' ' }, 4]],
    [{ type: 'files' }, [[{ name: 'a.jpg' }]], [{ name: 'a.jpg' }, [{}]]],
    [{ type: 'signature' }, [{ name: 'sign.png' }], [{}, true]],
    [{ type: 'table', columns }, [[{ item: 'pipe', count: 2 }], [{ item: 'pipe' }]], ['x', [1], [{ count: 2 }], [{ item: 'a', other: 1 }], [{ item: 'a', count: 'b' }]]], // prettier-ignore
  ])('%j', (of, right, wrong) => {
    for (const value of right) expect([value, read({ f: of }, { f: value })]).toEqual([value, { f: expect.anything() }]);
    for (const value of wrong) expect([value, read({ f: of }, { f: value })]).toEqual([value, ['invalid-fields', expect.stringMatching(/^\/f/)]]); // prettier-ignore
  });

  it('instants get one form, so that they sort as texts', () => {
    expect(read({ f: { type: 'instant' } }, { f: '2026-03-02T15:00:00+08:00' })).toEqual({ f: '2026-03-02T07:00:00.000Z' });
  });
});

describe('a form', () => {
  it('asks for what is required, also under a condition, and takes blanks for nothing', () => {
    const of = { a: { required: true }, b: { required: { 'input.a': 'yes' } } } as const;
    expect(read(of, {})).toEqual(['missing-fields', '/a']);
    expect(read(of, { a: ' \u200b' })).toEqual(['missing-fields', '/a']);
    expect(read(of, { a: 'yes' })).toEqual(['missing-fields', '/b']);
    expect(read(of, { a: 'no' })).toEqual({ a: 'no' });
  });
  it('asks for a field under its condition, and refuses it otherwise', () => {
    const of: Record<string, Partial<FormField>> = {
      a: {},
      b: { visible: { 'input.a': 'yes' }, required: true },
      c: { visible: { 'actor.roles': 'leader' }, required: true },
    };
    expect(read(of, { a: 'no' })).toEqual({ a: 'no' });
    expect(read(of, { a: 'no', b: 'x', c: 'y' })).toEqual(['unexpected-fields', '/b', '/c']);
    expect(read(of, { a: 'yes' }, as('bob'))).toEqual(['missing-fields', '/b', '/c']);
  });
  it('lets whoever acts fill in a field of which only some roles see the value', () => {
    const secret = { roles: ['leader'], required: true };
    expect(read({ secret }, { secret: 'x' })).toEqual({ secret: 'x' });
    expect(read({ secret }, {})).toEqual(['missing-fields', '/secret']);
    const sees = (id: string): boolean => maySee(field(secret), actingOf(directory, { id, roles: [], units: [] }, NOW));
    expect([sees('ann'), sees('bob')]).toEqual([false, true]);
  });
  it('fills in defaults, of a value or of a fact, and lets the input win', () => {
    const of = { a: { default: 'x' }, b: { default: { fact: 'class.category' } } };
    expect(read(of, {})).toEqual({ a: 'x', b: 'billing.refund' });
    expect(read(of, { a: 'y', b: 'z' })).toEqual({ a: 'y', b: 'z' });
  });
  it('reports every mistake at once, and a field it does not have', () => {
    expect(read({ a: { type: 'number' }, b: { required: true } }, { a: 'x' })).toEqual(['invalid-fields', '/a', '/b']);
    expect(read({}, { other: 1, none: null })).toEqual(['unexpected-fields', '/other']);
  });
  it('makes ledger entries of numbers and of rows', () => {
    const of = form({
      hours: { type: 'number', ledger: { account: 'hours', item: { fact: 'class.category' } } },
      points: { type: 'number', ledger: { account: 'points', minus: true } },
      parts: { type: 'table', columns, ledger: { account: 'parts', item: 'item', quantity: 'count' } },
    });
    expect(ledgerOf(of, { hours: 2, points: 3, parts: [{ item: 'pipe', count: 4 }, { item: 'none' }] }, ann)).toEqual([
      { account: 'hours', item: 'billing.refund', quantity: 2 },
      { account: 'points', quantity: -3 },
      { account: 'parts', item: 'pipe', quantity: 4 },
    ]);
  });
});
