import { type ClockWanted } from '@gongdan/packs/format2';
import { sameInstant } from './match.js';

/** A clock as sla answers it. */
export interface ClockSeen {
  clock: string;
  gen: number;
  state: string;
  dueAt: string | null;
  breachedAt: string | null;
  outcome: string | null;
}

type Details = Exclude<ClockWanted, string>;

/** What a word of `expect: { clocks: … }` stands for: `met` and `breached` are how it ended, or that it is late. */
function detailsOf(want: ClockWanted): Details {
  if (typeof want !== 'string') return want;
  if (want === 'met') return { outcome: 'met' };
  return want === 'breached' ? { breached: true } : { state: want };
}

/** The first property that is not as wanted; undefined when all are. `got` is the newest clock of this key. */
export function clockDifference(want: ClockWanted, got: ClockSeen | undefined): { name: string; want: unknown } | undefined {
  const { state, dueAt, breached, outcome } = detailsOf(want);
  if (state !== undefined && state !== (got?.state ?? 'none')) return { name: 'state', want: state };
  if (dueAt !== undefined && !sameInstant(dueAt, got?.dueAt)) return { name: 'dueAt', want: dueAt };
  if (breached !== undefined && breached !== (typeof got?.breachedAt === 'string')) return { name: 'breached', want: breached };
  if (outcome !== undefined && outcome !== got?.outcome) return { name: 'outcome', want: outcome };
  return undefined;
}
