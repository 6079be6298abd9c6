import { isClosedState } from '../fields.js';
import { type CaseNow, type PARTIES } from './case-part.js';

/** A case that has had one task only: one unit and one person had it at a time, and nothing ran beside. */
export interface OneTask {
  step: string;
  state: string;
  version: number;
  unit?: string | undefined;
  person?: string | undefined;
  /** Whom it waits for when it is suspended. */
  waitsFor?: (typeof PARTIES)[number] | undefined;
  /** How often it has been routed. */
  hop?: number | undefined;
  run?: number | undefined;
}

/** The `case` part of such a case: its task is the lead, task 1. */
export function caseOfOneTask(c: OneTask): CaseNow {
  const { step, state, version, unit, person, waitsFor } = c;
  const closed = isClosedState(state);
  const holder = {
    ...(unit === undefined ? {} : { unit }),
    ...(person === undefined ? {} : { person }),
    ...(waitsFor === undefined ? {} : { waitsFor }),
  };
  return {
    step,
    state,
    phase: closed ? 'closed' : 'open',
    run: c.run ?? 1,
    version,
    hop: { no: c.hop ?? 1, depth: unit === undefined ? 0 : 1 },
    ...(closed
      ? {}
      : {
          burns: waitsFor !== undefined ? { party: waitsFor } : unit === undefined ? {} : { unit },
          lead: { no: 1, version, holder },
        }),
    side: [],
  };
}
