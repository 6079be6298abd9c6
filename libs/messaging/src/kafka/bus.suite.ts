import { describe } from '@jest/globals';
import { type Bus } from './bus.js';
import { deliverySuite } from './bus-delivery.suite.js';
import { gapSuite } from './bus-gaps.suite.js';
import { parkingSuite } from './bus-parking.suite.js';
import { busRig } from './bus-rig.suite.js';

/** The suite that both buses pass, with the whole path around them: outbox, relay, marks, parking and gaps on real Postgres. */
export function busSuite(name: string, makeBus: () => Promise<Bus>): void {
  describe(`the bus suite: ${name}`, () => {
    const rig = busRig(makeBus);
    deliverySuite(rig);
    parkingSuite(rig);
    gapSuite(rig);
  });
}
