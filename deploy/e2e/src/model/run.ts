import { readFileSync } from 'node:fs';
import { type ServiceName, untilQuiet } from 'gongdan';
import { Actors } from './actors.js';
import { type Asked } from './checker/asked.js';
import { judgeAnswers, windowsOf } from './checker/judge-answers.js';
import { judgeCase, type Verdict } from './checker/judge-case.js';
import { refusalsOf } from './checker/judge-refusals.js';
import { People } from './checker/people.js';
import { Churn } from './churn.js';
import { Doors } from './door.js';
import { type OrgHistory, readBus } from './history.js';
import { Outsiders } from './outsiders.js';
import { ProductClock } from './product-clock.js';
import { startReplicas } from './replicas.js';
import { seeded } from './seeded.js';
import { begin, packKey, register, type World } from './world.js';

export interface ModelOptions {
  seed: number;
  /** The run lasts so long at least. */
  seconds: number;
  /** Says whether the counted answers are enough to judge; a run on a slow machine goes on until they are, for five times `seconds` at most. */
  enough?: (answers: ReadonlyMap<string, number>) => boolean;
  actors: number;
  cases: number;
  packs: readonly string[];
  /** Where the mean pause of an actor between two cases lies, in ms. */
  thinkMs: number;
}

export interface Judged {
  problems: string[];
  /** Cases whose check ended early, with the reason. */
  lost: string[];
  decisions: number;
  replayed: number;
  /** Refusals that the checker could judge. */
  refusals: number;
  verdicts: Verdict[];
}

export interface ModelRun extends Judged {
  asked: readonly Asked[];
  answers: Record<string, number>;
  changes: Record<string, number>;
  repeated: number;
  parked: number;
  unexpected: string[];
  histories: Map<string, OrgHistory>;
}

/** Longer than the lease of an outbox partition (10 s) and the session of a consumer (6 s on the local stack). */
const BEYOND_LEASES_MS = 12_000;
const MINUTE_MS = 60_000;
const OPS = { id: 'ops', roles: ['operator'] };
const SERVICES: readonly ServiceName[] = ['intake', 'dispatch', 'sla'];
const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));

/** Lets actors work on cases at three replicas while one is killed and one is paused beyond its leases, then judges what the bus tells. */
export async function runModel(o: ModelOptions): Promise<ModelRun> {
  const { stack, client, replicas, stop } = await startReplicas(['sla']);
  try {
    const random = seeded(o.seed);
    const worlds: World[] = [];
    for (const key of o.packs) worlds.push(await begin(client, key, Math.ceil(o.actors / o.packs.length)));
    // Intake refuses a ticket for a unit of which it has not heard.
    await untilQuiet(client, 5 * MINUTE_MS, SERVICES);
    for (let i = 0; i < o.cases; i++) {
      const w = worlds[i % worlds.length];
      if (w !== undefined) await register(client, w, ticketOf(w, random));
    }
    const doors = new Doors(replicas.map((r) => stack.urlOf(r)), random); // prettier-ignore
    const clock = new ProductClock();
    const processes = ['intake', 'sla', ...replicas].map((name) => stack.urlOf(name));
    const ops = await stack.token(OPS);
    const actors = new Actors(doors, random, (a) => stack.token(a.person), o.thinkMs, clock);
    const outsiders = new Outsiders(client, doors, clock, random, (p) => stack.token(p));
    for (const w of worlds) {
      const eyes = await stack.token({ id: 'model-eyes', org: w.org, roles: ['supervisor'] });
      for (const id of w.cases) await actors.look(id, eyes);
    }
    // Open cases stay on their version; the tickets that come later take the second one.
    for (const w of worlds) await client.must('dispatch', 'PUT', `/v1/packs/${packKey(w)}`, { as: w.admin, body: w.second });
    // What the checker is sure of needs a directory that has stood for a while.
    await pause(3_000);
    const churn = new Churn(client, random, (w, a) => actors.start(w, a), clock);
    for (const w of worlds) for (const a of [...w.actors]) actors.start(w, a);
    const until = performance.now() + o.seconds * 1_000;
    let churning = true;
    const changing = (async () => {
      for (; churning; await pause(700)) {
        const w = worlds[Math.floor(random() * worlds.length)];
        // The replica that answers the administrator is never stopped.
        if (w !== undefined) await clock.during(() => churn.once(w));
      }
    })();
    const moving = (async () => {
      for (; churning; await pause(150)) {
        const w = worlds[Math.floor(random() * worlds.length)];
        if (w === undefined) continue;
        await outsiders.once(w);
        if (random() < 0.08) await clock.during(() => register(client, w, ticketOf(w, random)));
      }
    })();
    const [, second, third] = replicas;
    await pause(o.seconds * 80);
    await clock.forward(30 * MINUTE_MS, processes, ops);
    await pause(o.seconds * 120);
    await stack.kill(second);
    await pause(1_500);
    await stack.revive(second);
    // Most requests of the killed replica are sent again by now, and none waits at a paused one.
    await clock.forward(9 * 60 * MINUTE_MS, processes, ops);
    stack.signal(third, 'SIGSTOP');
    await pause(BEYOND_LEASES_MS);
    stack.signal(third, 'SIGCONT');
    await pause(Math.max(2_000, until - performance.now()));
    const answers = (): Map<string, number> => new Map([...actors.answers, ...outsiders.answers]);
    while (!(o.enough?.(answers()) ?? true) && performance.now() < until + 4_000 * o.seconds) await pause(500);
    churning = false;
    await Promise.all([changing, moving]);
    await actors.stop();
    doors.close();
    // Sleeps end and promises are due up to 7.5 s after the last action (fill.ts): a breach that came while the bus is read would seem to be followed by nothing.
    await pause(12_000);
    const { parked } = await untilQuiet(client, 300_000, SERVICES);
    const histories = await readBus(stack.kafka);
    const unexpected = replicas
      .flatMap((r) => readFileSync(stack.home.log(r), 'utf8').split('\n'))
      .filter((l) => l.includes('"message":"unexpected"'));
    const asked = [...actors.asked, ...outsiders.asked];
    const judged = judgeAll(histories, asked);
    return {
      ...judged,
      asked,
      answers: Object.fromEntries([...answers()].sort()),
      changes: Object.fromEntries(churn.changes),
      repeated: [...histories.values()].reduce((n, h) => n + h.repeated, 0),
      parked,
      unexpected,
      histories,
    };
  } finally {
    await stop();
  }
}

function ticketOf(w: World, random: () => number): object {
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] ?? '';
  switch (w.pack.pack.key.slice(0, 3)) {
    case 'p20': {
      const department = pick(['finance', 'network', 'seats', 'none']);
      const type = pick(['consultation', 'complaint']);
      return {
        type,
        category: pick(['service', 'billing', 'public-opinion']),
        unit: 'seats',
        ...(department === 'none' ? {} : { attributes: { department } }),
      };
    }
    case 'p16':
      return {
        type: pick(['complaint', 'demand', 'force-majeure']),
        category: 'loss-damage',
        unit: 'hotline',
        place: { area: pick(['320000', '330100', '320106']) },
      };
    case 'p28': {
      const type = pick(['repair', 'repair', 'repair', 'repair', 'repair', 'complaint', 'inquiry']);
      const category = type === 'repair' ? 'water' : type === 'complaint' ? 'service' : 'fees';
      return {
        type,
        category,
        unit: 'centre',
        ...(type === 'repair' ? { priority: pick(['urgent', 'urgent', 'urgent', 'urgent', 'ordinary', 'major']) } : {}),
      };
    }
    default:
      return { type: 'complaint', category: 'coverage', unit: pick(['province', 'changsha']) };
  }
}

/** Judges everything that the bus tells, and what the actors were answered. */
export function judgeAll(histories: ReadonlyMap<string, OrgHistory>, asked: readonly Asked[]): Judged {
  const windowOf = windowsOf(asked);
  const refusals = refusalsOf(asked);
  const problems: string[] = [];
  const lost: string[] = [];
  const verdicts = new Map<string, Verdict>();
  for (const [org, told] of histories) {
    const people = new People(told.entries);
    problems.push(...told.problems.map((p) => `${org}: ${p}`));
    for (const history of told.histories.values()) {
      const verdict = judgeCase(history, told.packs, people, windowOf, refusals.get(history.ticketId));
      verdicts.set(history.ticketId, verdict);
      problems.push(...verdict.problems.map((p) => `${org} ${history.ticketId}: ${p}`));
      if (verdict.lost !== undefined) lost.push(`${org} ${history.ticketId}: ${verdict.lost}`);
    }
  }
  problems.push(...judgeAnswers(asked, verdicts));
  const all = [...verdicts.values()];
  return {
    problems,
    lost,
    decisions: all.reduce((n, v) => n + v.decisions.length, 0),
    replayed: all.reduce((n, v) => n + v.replayed, 0),
    refusals: all.reduce((n, v) => n + v.refusals, 0),
    verdicts: all,
  };
}
