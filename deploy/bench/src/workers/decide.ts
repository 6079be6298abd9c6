import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { advance, type Case } from '@gongdan/engine';
import { readPackFolder } from '@gongdan/packs/files';
import { type PackFormat2, type SampleDirectoryData } from '@gongdan/packs/format2';
import { type Accepted, viewOf } from '../engine/journeys.js';
import { median } from '../report.js';
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
  /** Copies of the case by way of JSON. */
  clone: number;
  /** Events per decision. */
  events: number;
}

/** The largest pack by its process, and how many decisions about it one thread makes. */
onInput(async ({ packs, tickets, measureMs }: DecideInput) => {
  const read = readdirSync(packs).map((name) => ({ ...readPackFolder(join(packs, name)), folder: join(packs, name) }));
  const sizeOf = (r: (typeof read)[number]): number => JSON.stringify(r.json['process'] ?? '').length;
  const [largest] = read.sort((a, b) => sizeOf(b) - sizeOf(a));
  const pack = largest?.json as unknown as PackFormat2;
  const corpus = await drawn(largest?.folder ?? '', tickets);
  const view = viewOf(largest?.directory as SampleDirectoryData);
  let events = 0;
  const decide = (a: Accepted): void => {
    events += advance(pack, view, a.before, a.command, a.actor, a.now, { decisions: 0 }).events.length;
  };
  const { advanced, floor, cloned } = ratesOf(corpus, { advanced: decide, floor: copy, cloned: clone }, measureMs);
  events = 0;
  corpus.forEach(decide);
  reply({
    pack: pack.pack.key,
    actions: Object.keys(pack.process.actions).length,
    done: new Set(corpus.map((a) => a.command.action)).size,
    corpus: corpus.length,
    rate: advanced,
    floor,
    clone: cloned,
    events: events / corpus.length,
  } satisfies DecideResult);
});

/**
 * Cases as a service gets them, from JSON. They are drawn in a thread of their own: whoever keeps 3,600 cases that the engine made teaches the compiler to put all that the engine
 * makes among the old objects, and then the garbage collection of an action takes as long as the action (83,000 instead of 125,000 actions/s). No service keeps them.
 */
async function drawn(folder: string, tickets: number): Promise<Accepted[]> {
  const thread = new Worker(new URL('./draw-journeys.js', import.meta.url), { workerData: { folder, tickets } });
  const [json] = (await once(thread, 'message')) as [string];
  await thread.terminate();
  return JSON.parse(json) as Accepted[];
}

/**
 * Times per second of CPU of this process, garbage collection included: other processes on the same cores change little. The works take turns of a fifth of a second, so
 * that a busy machine slows all of them; the median of the turns counts, and the first fifth of them is for the compiler.
 */
function ratesOf<K extends string>(
  corpus: readonly Accepted[],
  works: Record<K, (a: Accepted) => void>,
  measureMs: number,
): Record<K, number> {
  const names = Object.keys(works) as K[];
  const rates = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>;
  const rounds = Math.ceil(measureMs / 200);
  for (let round = 0; round < rounds; round++)
    for (const name of names) {
      let done = 0;
      const began = process.cpuUsage();
      for (const end = performance.now() + 200; performance.now() < end; done += corpus.length) for (const a of corpus) works[name](a);
      const { user, system } = process.cpuUsage(began);
      if (round >= rounds / 5) rates[name].push((done / (user + system)) * 1_000_000);
    }
  return Object.fromEntries(names.map((name) => [name, median(rates[name])])) as Record<K, number>;
}

let kept: unknown;

/** What any engine must do: another case with its task changed and counted, and one event about it. */
function copy({ before: c, command, actor, now }: Accepted): void {
  const version = c.version + 1;
  const after: Case = { ...c, version, since: now, tasks: c.tasks.map((t) => ({ ...t, version })), done: c.done.slice() };
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

function clone({ before }: Accepted): void {
  kept = JSON.parse(JSON.stringify(before));
}
