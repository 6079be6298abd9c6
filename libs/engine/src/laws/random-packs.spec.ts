import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { registered } from '../cases.suite.js';
import { randomPack } from './random-pack.suite.js';
import { lucks, NOW, PEOPLE, valueFor, view } from './small-world.suite.js';
import { walk, type World } from './walk.suite.js';

// The same draws in each run; SEED=… makes others.
fc.configureGlobal({ seed: Number(process.env['SEED'] ?? 20_261_129) });

const registration = registered({
  pack: { key: 'random', version: 1 },
  registeredAt: NOW,
  unit: 'east',
  place: { area: 'W', latitude: 30.1, longitude: 120.1 },
} as never);

describe('random actions on random packs', () => {
  it('keep the laws, and their events fit the contract and fold to the case', () => {
    const did: Record<string, number> = {};
    fc.assert(
      fc.property(lucks, (luck) => {
        const world: World = { pack: randomPack(luck), view, people: PEOPLE, registration, value: valueFor };
        const walked = walk(world, luck, 60);
        for (const [what, times] of Object.entries(walked.did)) did[what] = (did[what] ?? 0) + times;
        expect(walked.broken).toEqual([]);
      }),
      { numRuns: Number(process.env['RUNS'] ?? 60), endOnFailure: true },
    );
    if (process.env['SHOW'] !== undefined) console.log(JSON.stringify(did, null, 1));
  });
});
