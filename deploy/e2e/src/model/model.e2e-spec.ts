import { beforeAll, describe, expect, it } from '@jest/globals';
import { type ModelRun, runModel } from './run.js';

/** Enough actors and cases to collide all the time; `node deploy/e2e/dist/model/main.js --seconds 600` runs longer. */
const PACKS = ['p20-order-transfer', 'p26-three-levels', 'p16-postal-verdicts', 'p28-property-butler'];

/** What the run must have met to be one that could have failed. */
const MET = [
  '200 replayed',
  '403 ',
  '404 dispatch/no-case',
  '409 dispatch/illegal-move',
  '422 dispatch/idempotency-key-reused',
  'withdraw 200',
  'repack 200',
  'lost',
];
const enough = (answers: ReadonlyMap<string, number>): boolean =>
  (answers.get('200 ') ?? 0) > 350 && MET.every((answer) => [...answers.keys()].some((a) => a.startsWith(answer)));

describe('1,000 actors on 100 cases at three replicas, one killed and one paused beyond its leases, while clocks are breached, tickets withdrawn and cases moved to another version, and people leave and come', () => {
  let run: ModelRun;
  beforeAll(async () => {
    const seed = Number(process.env['GONGDAN_MODEL_SEED'] ?? 20_261_128);
    run = await runModel({ seed, seconds: 45, actors: 1_000, cases: 100, thinkMs: 9_000, packs: PACKS, enough });
    console.log(
      `seed ${seed}: ${run.asked.length} requests, ${run.decisions} decisions, ${run.refusals} refusals judged; people: ${JSON.stringify(run.changes)}; answers: ${JSON.stringify(run.answers)}`,
    );
  }, 900_000);

  it('every history is a legal run of its pack, and every answer agrees with it', () => {
    if (run.unexpected.length > 0) console.log(run.unexpected.slice(0, 5).join('\n'));
    expect(run.problems).toEqual([]);
    expect(run.lost).toEqual([]);
    expect(run.replayed).toBe(run.decisions);
    expect(run.parked).toBe(0);
  });

  it('no request met an error that the product does not know', () => {
    expect(run.unexpected).toEqual([]);
    expect(Object.keys(run.answers).filter((a) => a.startsWith('500'))).toEqual([]);
  });

  it('the run was one that could have failed: it had actions of all kinds, refusals, repetitions and lost answers', () => {
    // A quiet machine makes 1,100, one with a load of six 900; a slower one works longer.
    expect(run.decisions).toBeGreaterThan(250);
    const causes = new Set(run.verdicts.flatMap((v) => v.decisions.map((d) => `${d.cause.kind} ${d.cause.key}`)));
    // What a run reaches depends on how the processes interleave: rare actions are not demanded one by one.
    for (const cause of ['start start', 'action accept', 'action urge']) expect([...causes]).toContain(cause);
    expect(causes.size).toBeGreaterThan(12);
    for (const cause of ['reaction', 'system withdrawn', 'action repack'])
      expect([...causes].filter((c) => c.startsWith(cause))).not.toEqual([]);
    expect(run.refusals).toBeGreaterThan(200);
    const answers = Object.keys(run.answers).join('\n');
    for (const answer of MET) expect(answers).toContain(answer);
  });
});
