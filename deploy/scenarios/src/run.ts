import { type Client, type ServiceName, shiftClock, untilQuiet } from 'gongdan';
import { tolerate } from './match.js';
import { Play } from './play.js';
import { type Product } from './product.js';
import { type World } from './world.js';

/** Time in which the services look for what is due after the clock moved. */
const FIRING_MS = 1_500;
/** A pack with plans is published so long before its scenario begins. */
const BEFORE_MS = 60_000;
const AT_ONCE = 12;
/** Dispatch checks packs in few workers and answers 503 when many wait. */
const PUBLISHING_AT_ONCE = 3;

/**
 * Plays scenarios together, interleaved by their instants. In each round every scenario that stands at the present instant does one act; then the bus gets quiet and
 * all look. The clock moves when all wait for later instants.
 */
export async function play({ client, crash }: Product, worlds: readonly World[], log: (text: string) => void): Promise<Play[]> {
  const began = performance.now();
  const plays = worlds.map((w) => new Play(w));
  // A pack or directory that is refused fails its own scenarios only.
  const prepare = async (some: readonly Play[]): Promise<void> => {
    await inTurns(some, (p) => p.prepare((w) => w.publish()), PUBLISHING_AT_ONCE);
    await inTurns(some, (p) => p.prepare((w) => w.fillDirectory()));
    await untilQuiet(client);
  };
  await prepare(plays.filter((p) => !p.world.hasPlans));
  // Plans run from the publication on. The latest first: an organisation that is prepared must not see the clock pass its own scenario.
  const planned = plays.filter((p) => p.world.hasPlans);
  for (const instant of [...new Set(planned.map((p) => p.wakeAt))].sort((a, b) => b - a)) {
    await shiftClock(client, () => instant - BEFORE_MS - Date.now());
    await prepare(planned.filter((p) => p.wakeAt === instant));
  }
  log(`${worlds.length} organisations have their pack and directory after ${Math.round((performance.now() - began) / 1_000)} s`);
  for (let left = plays.filter((p) => p.verdict === undefined); left.length > 0; left = plays.filter((p) => p.verdict === undefined)) {
    const instant = Math.min(...left.map((p) => p.wakeAt));
    const here = left.filter((p) => p.wakeAt === instant);
    try {
      await playInstant({ client, crash }, instant, here, log);
    } catch (error) {
      // The bus did not get quiet, or a service is gone: what stands at this instant is lost, the others play on.
      log(`${new Date(instant).toISOString()}: ${String(error)}`);
      for (const p of here) p.abandon(String(error));
    }
  }
  return plays;
}

/** Plays on the scenarios that stand at an instant until each has ended or waits for a later one. */
async function playInstant(
  { client, crash }: Product,
  instant: number,
  plays: readonly Play[],
  log: (text: string) => void,
): Promise<void> {
  // What a scenario began late within its instant is due late as well: the time that it spent at earlier instants is kept.
  const late = Math.max(...plays.map((p) => p.late));
  const begun = performance.now();
  await shiftClock(client, () => Math.round(instant + late) - Date.now());
  await pause(FIRING_MS);
  await untilFired(client);
  await untilQuiet(client);
  tolerate(late + performance.now() - begun);
  const here = (): Play[] => plays.filter((p) => p.verdict === undefined && p.wakeAt === instant);
  await inTurns(here(), (p) => p.look());
  let rounds = 0;
  for (; here().length > 0; rounds += 1) {
    await inTurns(here(), (p) => p.act());
    for (const service of new Set(here().flatMap((p) => p.crash() ?? []))) await crash(service);
    await untilQuiet(client);
    tolerate(late + performance.now() - begun);
    await inTurns(here(), (p) => p.look());
  }
  const spent = late + performance.now() - begun;
  for (const p of plays) p.late = spent;
  log(`${new Date(instant).toISOString()}: ${plays.length} scenarios, ${rounds} rounds, ${Math.round(spent / 1_000)} s late at the end`);
}

async function inTurns<T>(items: readonly T[], run: (item: T) => Promise<void>, atOnce = AT_ONCE): Promise<void> {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await run(item);
    }),
  );
}

/** What is due and has not happened yet, by service. */
const DUE: readonly [ServiceName, string][] = [
  ['intake', 'gongdan_plans_waiting'],
  ['dispatch', 'gongdan_tasks_waiting'],
  ['sla', 'gongdan_clock_points_waiting'],
];
/** What waits for longer is not waited for: a plan of a pack that refuses its ticket, say. */
const DUE_WITHIN_MS = 20_000;

/** Resolves when what became due with the last move of the clock has happened. On a slow machine that takes longer than `FIRING_MS`. */
async function untilFired(client: Client): Promise<void> {
  for (const end = performance.now() + DUE_WITHIN_MS; performance.now() < end; await pause(250)) {
    const waiting = await Promise.all(
      DUE.map(async ([service, name]) => {
        const { text } = await client.call(service, 'GET', '/metrics');
        return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
      }),
    );
    if (waiting.every((n) => n === 0)) return;
  }
}

const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));
