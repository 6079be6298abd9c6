import { type Heard } from './documents.js';
import { type Run } from './run.js';

interface Clock {
  running: boolean;
  breached: boolean;
  dueAt: number;
}

const STATES: Readonly<Record<string, boolean>> = {
  'sla.clock-started': true,
  'sla.clock-resumed': true,
  'sla.clock-paused': false,
  'sla.clock-stopped': false,
  'sla.clock-cancelled': false,
};

/**
 * Whether a clock of this run is breached, or undefined when it depends on which events of sla dispatch had heard. It has surely heard what came before an event
 * that the case has followed, and surely not what is dated after the decision.
 */
export function isBreached(run: Run, clock: string, at: string): boolean | undefined {
  const all = [...run.heard.values()];
  const followed = new Set([...run.followed].map((place) => place.slice(place.lastIndexOf(' ') + 1)));
  const surely = all.findLastIndex((e) => followed.has(e.id)) + 1;
  const now = Date.parse(at);
  const answers = new Set<boolean>();
  let known: Clock | undefined;
  const note = (): void => void answers.add(known !== undefined && (known.breached || (known.running && now > known.dueAt)));
  if (surely === 0) note();
  for (const [i, e] of all.entries()) {
    if (i >= surely && e.at > now + 1_000) break;
    known = after(known, e, clock, run.run);
    if (i + 1 >= surely) note();
  }
  const [first, ...others] = answers;
  return others.length > 0 ? undefined : first;
}

function after(was: Clock | undefined, e: Heard, clock: string, ofRun: number): Clock | undefined {
  const { clock: key, dueAt, run = ofRun } = e.data;
  if (!e.name.startsWith('sla.clock-') || key !== clock || run !== ofRun) return was;
  return {
    running: STATES[e.name] ?? was?.running ?? true,
    breached: e.name === 'sla.clock-breached' || (e.name !== 'sla.clock-started' && was?.breached === true),
    dueAt: typeof dueAt === 'string' ? Date.parse(dueAt) : (was?.dueAt ?? e.at),
  };
}
