import { appErrorIn, Conflict, madeAtMs } from '@gongdan/kernel';

/** A registration reaches dispatch within a second; after a kill or an outage of the broker it may take this long. */
const ON_THE_WAY_MS = 60_000;
/** How far ahead the clock of the process that made the id may be. */
const AHEAD_MS = 5_000;

/**
 * Reads a case for somebody who acts. A case that is not there although its ticket may just have been registered is 409 `dispatch/not-yet` with Retry-After, and not 404: the
 * caller has the number of the ticket, and asks again (law 4). Only the time in the id is known here, so an id that was made up a moment ago is answered alike.
 */
export async function whenArrived<D>(reading: Promise<D>, ticketId: string, realMs: () => number): Promise<D> {
  try {
    return await reading;
  } catch (error) {
    if (appErrorIn(error)?.code !== 'dispatch/no-case' || !mayBeOnTheWay(ticketId, realMs())) throw error;
    throw new Conflict(
      'dispatch/not-yet',
      { details: { retryAfterS: 1 } },
      'the ticket may have been registered a moment ago; its case has not arrived',
    );
  }
}

export function mayBeOnTheWay(ticketId: string, nowMs: number): boolean {
  const madeAt = madeAtMs(ticketId);
  return madeAt !== undefined && madeAt > nowMs - ON_THE_WAY_MS && madeAt < nowMs + AHEAD_MS;
}
