import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Condition, matches } from './condition.js';

// The same draws in each run; SEED=… makes others.
fc.configureGlobal({ seed: Number(process.env['SEED'] ?? 20_261_129) });

const facts = {
  type: 'fault',
  categories: ['network.slow', 'network'],
  amount: 12,
  imported: false,
  place: { area: 'North' },
  'event.clock': 'resolve',
  class: { priority: 'high' },
};

describe('a condition', () => {
  it.each([
    [{}, true],
    [{ type: 'fault' }, true],
    [{ type: ['complaint', 'fault'] }, true],
    [{ type: 'complaint' }, false],
    [{ type: 'fault', imported: true }, false],
    [{ imported: false }, true],
    [{ categories: 'network' }, true],
    [{ categories: { prefix: 'network.' } }, true],
    [{ categories: { not: 'billing' } }, true],
    [{ categories: { not: ['billing', 'network'] } }, false],
    [{ 'place.area': 'North' }, true],
    [{ 'event.clock': { in: ['resolve'] } }, true],
    [{ amount: { gte: 12, lte: 12 } }, true],
    [{ amount: { gte: '1' } }, false],
    [{ missing: { exists: false } }, true],
    [{ missing: { not: 'x' } }, true],
    [{ missing: { lte: 3 } }, false],
    [{ type: { exists: true, prefix: 'f' } }, true],
    [{ constructor: { exists: false } }, true],
    [{ 'type.length': { exists: false } }, true],
    // Either name of a fact finds it, whichever the facts have.
    [{ 'class.type': 'fault', 'class.categories': 'network' }, true],
    [{ 'class.type': 'complaint' }, false],
    [{ 'ticket.imported': false, 'class.item': { exists: false } }, true],
    [{ priority: 'high' }, true],
  ])('%j holds: %s', (when, holds) => {
    expect(matches(Condition.parse(when), facts)).toBe(holds);
  });

  it('a condition is the conjunction of its tests, in any order', () => {
    const scalar = fc.oneof(fc.constantFrom('a', 'b', 'ab'), fc.integer({ min: 0, max: 3 }), fc.boolean());
    const test = fc.oneof(
      scalar,
      fc.array(scalar, { minLength: 1, maxLength: 3 }),
      fc.record({ not: scalar }),
      fc.record({ exists: fc.boolean() }),
      fc.record({ prefix: fc.constant('a') }),
    );
    const condition = fc.dictionary(fc.constantFrom('x', 'y', 'z'), test);
    const world = fc.dictionary(fc.constantFrom('x', 'y', 'z'), fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })));
    fc.assert(
      fc.property(condition, world, (c, w) => {
        const whole = matches(c, w);
        expect(whole).toBe(Object.entries(c).every(([k, t]) => matches({ [k]: t }, w)));
        expect(matches(Object.fromEntries(Object.entries(c).reverse()), w)).toBe(whole);
      }),
    );
  });

  it('never throws and never changes the facts, whatever they hold', () => {
    fc.assert(
      fc.property(fc.object(), fc.string({ minLength: 1, maxLength: 20 }), (w, name) => {
        const before = JSON.stringify(w);
        matches({ [name]: { gte: 3, prefix: 'x' } }, w);
        expect(JSON.stringify(w)).toBe(before);
      }),
    );
  });
});
