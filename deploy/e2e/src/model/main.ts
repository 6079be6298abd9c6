import { record } from './recording.js';
import { runModel } from './run.js';

// The model check on request: `node deploy/e2e/dist/model/main.js --seconds 600 --seed 7 --packs p20-order-transfer,p26-three-levels`.
const option = (name: string, fallback: string): string => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
const began = performance.now();
const run = await runModel({
  seed: Number(option('seed', '20261128')),
  seconds: Number(option('seconds', '300')),
  actors: Number(option('actors', '1000')),
  cases: Number(option('cases', '100')),
  thinkMs: Number(option('think', '4000')),
  packs: option('packs', 'p20-order-transfer,p26-three-levels,p16-postal-verdicts,p28-property-butler').split(','),
});
console.log(
  `in ${Math.round((performance.now() - began) / 1000)} s: ${run.asked.length} requests, ${run.decisions} decisions, ${run.replayed} played again, ${run.refusals} refusals judged, ${run.repeated} events twice, ${run.parked} parked`,
);
console.log(JSON.stringify(run.answers));
console.log(JSON.stringify(run.changes));
const causes = new Map<string, number>();
for (const d of run.verdicts.flatMap((v) => v.decisions)) {
  const what = d.cause.kind === 'action' ? 'action' : `${d.cause.kind} ${d.cause.key}`;
  causes.set(what, (causes.get(what) ?? 0) + 1);
}
console.log(JSON.stringify(Object.fromEntries(causes)));
for (const line of run.lost.slice(0, 10)) console.log(`not judged: ${line}`);
for (const line of run.problems.slice(0, 60)) console.log(`WRONG ${line}`);
for (const line of run.unexpected.slice(0, 5)) console.log(line.slice(0, 2000));
console.log(`${run.problems.length} problems, ${run.lost.length} cases not judged to the end, ${run.unexpected.length} unexpected errors`);
// For the spec of the checker, after the events or the checker changed.
if (process.argv.includes('--record')) record(run.histories, run.asked);
process.exit(run.problems.length === 0 ? 0 : 1);
