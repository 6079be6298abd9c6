import { describe, expect, it } from '@jest/globals';
import { Plans } from './plans.js';

describe('a statement that comes again and again', () => {
  it('a repeated statement gets a name from the sixth time on, and keeps it', () => {
    const plans = new Plans();
    const names = Array.from({ length: 8 }, (_, i) => plans.of('select $1', [i]).name);
    expect(names).toEqual([undefined, undefined, undefined, undefined, undefined, 'p0_0', 'p0_0', 'p0_0']);
  });

  it('shares its name with no other text', () => {
    const plans = new Plans();
    const names = ['select 1', 'select 2', 'select 3'].map((text) => Array.from({ length: 6 }, () => plans.of(text, []).name).at(-1));
    expect(new Set(names).size).toBe(3);
  });

  it.each([
    ['it holds several commands: those cannot be prepared', 'truncate a; truncate b'],
    ['a filter may be absent: the right plan is another each time', 'select * from t where ($1::text is null or unit = $1)'],
  ])('gets none when %s', (_, text) => {
    const plans = new Plans();
    expect(new Set(Array.from({ length: 9 }, () => plans.of(text, []).name))).toEqual(new Set([undefined]));
  });

  it('a repeated statement is found among any number of texts that come once, and names stay few', () => {
    const plans = new Plans();
    let name: string | undefined;
    for (let i = 0; i < 5_000; i++) {
      plans.of(`select ${i}`, []);
      name = plans.of('select hot', []).name;
    }
    expect(name).toBe('p0_0');
    const named = new Set<string>();
    for (let i = 0; i < 400; i++) for (let use = 0; use < 7; use++) named.add(plans.of(`select often ${i}`, []).name ?? '');
    named.delete('');
    expect(named.size).toBe(299);
  });

  it('a repeated statement gets a new name when a migration changed what its plan returns, and only then', () => {
    const plans = new Plans();
    for (let i = 0; i < 6; i++) plans.of('select 1', []);
    expect(plans.outdatedBy(Object.assign(new Error('cannot …'), { code: '0A000', routine: 'transformSelect' }))).toBe(false);
    expect(plans.outdatedBy(new Error('other'))).toBe(false);
    expect(plans.of('select 1', []).name).toBe('p0_0');
    expect(plans.outdatedBy(Object.assign(new Error('cached plan …'), { code: '0A000', routine: 'RevalidateCachedQuery' }))).toBe(true);
    expect(plans.of('select 1', []).name).toBe('p0_1');
  });
});
