import { describe, expect, it } from '@jest/globals';
import { type Routing } from '@gongdan/packs';
import fc from 'fast-check';
import { chosenBy, route } from './routing.js';

const table: Routing = {
  rules: [
    { key: 'urgent', when: { priority: 'urgent', area: { prefix: 'N' } }, unit: 'alpha' },
    { key: 'north', when: { area: { prefix: 'N' } }, unit: 'beta' },
    { key: 'also-alpha', when: {}, unit: 'alpha' },
  ],
  fallback: 'omega',
};

describe('routing', () => {
  it.each<[Record<string, unknown>, string[], string | undefined, string | undefined, string | undefined]>([
    [{ priority: 'urgent', area: 'North' }, [], 'urgent', 'alpha', 'beta'],
    [{ priority: 'minor', area: 'North' }, [], 'north', 'beta', 'alpha'],
    [{ area: 'South' }, [], 'also-alpha', 'alpha', 'omega'],
    [{ priority: 'urgent', area: 'North' }, ['alpha'], 'north', 'beta', 'omega'],
    [{ area: 'North' }, ['alpha', 'beta'], 'fallback', 'omega', undefined],
    [{ area: 'North' }, ['alpha', 'beta', 'omega'], undefined, undefined, undefined],
  ])('routes %j, excluding %j, by rule %s to unit %s with runner-up %s', (facts, excluded, rule, unit, runnerUp) => {
    const r = route(table, facts, excluded);
    expect([r.rule, r.unit, r.runnerUp?.unit]).toEqual([rule, unit, runnerUp]);
  });

  it('records only the facts that the rules mention', () => {
    expect(route(table, { area: 'North', secret: 'x' }, []).facts).toEqual({ area: 'North' });
  });

  it('keeps the candidates of the table when a supervisor chooses the unit', () => {
    expect(chosenBy('supervisor', 'beta', route(table, { area: 'South' }, []))).toMatchObject({
      rule: 'supervisor',
      unit: 'beta',
      runnerUp: { unit: 'alpha' },
    });
  });

  it('never chooses an excluded unit, and chooses one whenever a candidate is left', () => {
    const unit = fc.constantFrom<string>('alpha', 'beta', 'omega');
    fc.assert(
      fc.property(
        fc.record({ priority: fc.constantFrom('urgent', 'minor'), area: fc.constantFrom('N', 'S') }),
        fc.uniqueArray(unit),
        (facts, excluded) => {
          const r = route(table, facts, excluded);
          expect(r.unit === undefined || !excluded.includes(r.unit)).toBe(true);
          expect(r.unit === undefined).toBe(r.candidates.every((c) => excluded.includes(c.unit)));
        },
      ),
    );
  });
});
