import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { advance, type Case } from '@gongdan/engine';
import { readPackFolder } from '@gongdan/packs/files';
import { type PackFormat2, type SampleDirectoryData } from '@gongdan/packs/format2';
import { type Accepted, journeys } from '../engine/journeys.js';
import { onInput, reply } from './worker.js';

export interface DecideInput {
  packs: string;
  tickets: number;
  measureMs: number;
}

export interface DecideResult {
  pack: string;
  /** Actions of the pack, and those that the journeys did. */
  actions: number;
  done: number;
  corpus: number;
  /** Decisions per second. */
  rate: number;
  floor: number;
  /** Events per decision. */
  events: number;
}

/** The largest pack by its process, and how many decisions about it one thread makes. */
onInput(async ({ packs, tickets, measureMs }: DecideInput) => {
  const read = readdirSync(packs).map((name) => readPackFolder(join(packs, name)));
  const sizeOf = (r: (typeof read)[number]): number => JSON.stringify(r.json['process'] ?? '').length;
  const [largest] = read.sort((a, b) => sizeOf(b) - sizeOf(a));
  const pack = largest?.json as unknown as PackFormat2;
  const corpus = journeys(pack, largest?.directory as SampleDirectoryData, tickets);
  let events = 0;
  const decide = (a: Accepted): void => {
    events += advance(pack, a.view, a.before, a.command, a.actor, a.now, { decisions: 0 }).events.length;
  };
  const floor = rateOf(corpus, copy, measureMs);
  const rate = rateOf(corpus, decide, measureMs);
  events = 0;
  corpus.forEach(decide);
  reply({
    pack: pack.pack.key,
    actions: Object.keys(pack.process.actions).length,
    done: new Set(corpus.map((a) => a.command.action)).size,
    corpus: corpus.length,
    rate,
    floor,
    events: events / corpus.length,
  } satisfies DecideResult);
});

/** Times per second of CPU of this process, garbage collection included: other processes on the same cores change nothing. */
function rateOf(corpus: readonly Accepted[], work: (a: Accepted) => void, measureMs: number): number {
  let done = 0;
  let used = process.cpuUsage();
  let warm = false;
  // The first fifth is for the compiler.
  for (const end = performance.now() + measureMs; performance.now() < end;) {
    if (!warm && performance.now() > end - 0.8 * measureMs) [warm, used, done] = [true, process.cpuUsage(), 0];
    for (const a of corpus) work(a);
    done += corpus.length;
  }
  const { user, system } = process.cpuUsage(used);
  return (done / (user + system)) * 1_000_000;
}

let kept: unknown;

/** What any engine must do: another case with its task changed and counted, and one event about it. */
function copy({ before: c, command, actor, now }: Accepted): void {
  const version = c.version + 1;
  const after: Case = { ...c, version, since: now, tasks: c.tasks.map((t) => ({ ...t, version })), done: { ...c.done } };
  const event = {
    name: 'dispatch.ticket-advanced',
    org: c.org,
    ticketId: c.ticketId,
    occurredAt: now,
    data: { action: command.action, by: actor.id, step: c.step, version },
  };
  kept = [after, event];
  if (kept === undefined) throw new Error('nothing was kept');
}
