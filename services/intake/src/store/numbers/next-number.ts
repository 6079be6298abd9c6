import { Refused } from '@gongdan/kernel';
import { type Tx } from '@gongdan/platform';
import { type NumberPlan, numberOf } from '../../domain/numbering.js';
import { takeCounts } from './numbers.js';
import { passTaken } from './taken-numbers.js';
import { type TicketsStore } from '../tickets.store.js';

/** Series whose numbers another series has used already, before the ticket is refused. */
const NUMBER_TRIES = 10;

/** The next free number of a series, for a ticket that is registered within a transaction. */
export async function nextNumber(tx: Tx, tickets: TicketsStore, org: string, plan: NumberPlan, gapFree: boolean): Promise<string> {
  for (let tries = 1; tries <= NUMBER_TRIES; tries++) {
    const [count = 0] = await takeCounts(tx, org, plan.series, gapFree, 1);
    const number = numberOf(plan, count);
    if ((await tickets.existingNumbers(tx, org, [number])).size === 0) return number;
    await passTaken(tx, org, plan, gapFree);
  }
  throw new Refused('intake/number-taken', {}, 'another series of the organisation uses the numbers of this one');
}
