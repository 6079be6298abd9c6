import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PROJECT } from 'gongdan';
import { accept } from './accept.js';
import { type Benchmark } from './bench.js';
import { consumer } from './consumer.js';
import { actions } from './dispatch/actions.js';
import { cascade } from './dispatch/cascade.js';
import { lists } from './dispatch/lists.js';
import { replay } from './dispatch/replay.js';
import { routing } from './dispatch/routing.js';
import { decisions } from './engine/advance.js';
import { memory } from './engine/memory.js';
import { packs } from './engine/packs.js';
import { idle } from './idle.js';
import { importCity } from './import.js';
import { journey } from './journey.js';
import { latency } from './latency.js';
import { machineFacts } from './machine.js';
import { recovery } from './recovery.js';
import { relay } from './relay.js';
import { document, type Figure, notes, table } from './report.js';
import { restart } from './restart.js';
import { signatures } from './signatures.js';
import { start } from './start.js';
import { steady } from './steady.js';

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  accept,
  relay,
  consumer,
  signatures,
  latency,
  steady,
  restart,
  recovery,
  import: importCity,
  idle,
  start,
};
/** Run only when they are named: what they measure still changes with the engine. */
const ON_REQUEST: Readonly<Record<string, Benchmark>> = {
  actions,
  cascade,
  routing,
  replay,
  journey,
  lists,
  advance: decisions,
  packs,
  memory,
};

const { values: options, positionals: names } = parseArgs({
  options: { write: { type: 'boolean' }, help: { type: 'boolean' } },
  allowPositionals: true,
});
const unknown = names.filter((name) => !Object.hasOwn(BENCHMARKS, name) && !Object.hasOwn(ON_REQUEST, name));
if (options.help || unknown.length > 0) {
  console.log(
    `${unknown.map((name) => `unknown benchmark: ${name}\n`).join('')}npm run bench -- [names] [--write]\n\nnames: ${Object.keys(BENCHMARKS).join(', ')}; all of them when none is given\non request: ${Object.keys(ON_REQUEST).join(', ')}\n--write: writes docs/benchmarks.md`,
  );
  process.exit(unknown.length > 0 ? 1 : 0);
}
// Without a handler a signal ends the process without the event `exit`, and the processes that a benchmark started would keep running.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

const machine: string[] = [];
const figures: Figure[] = [];
for (const [name, benchmark] of Object.entries({ ...BENCHMARKS, ...ON_REQUEST })) {
  if (names.length > 0 ? !names.includes(name) : Object.hasOwn(ON_REQUEST, name)) continue;
  const began = performance.now();
  console.log(`${name} …`);
  try {
    const results = await benchmark({ log: (text) => console.log(`  ${text}`), machine });
    figures.push(...results);
    console.log(results.map((f) => `  ${f.what}: ${f.measured}`).join('\n'));
  } catch (error) {
    process.exitCode = 1;
    console.error(error);
    figures.push({ what: name, target: '', measured: `failed: ${String(error).split('\n')[0]?.slice(0, 200)}` });
  }
  console.log(`  (${((performance.now() - began) / 1_000).toFixed(0)} s)`);
}
if (machine.length === 0) machine.push(...(await machineFacts()));
console.log(`\n${machine.map((m) => `- ${m}`).join('\n')}\n\n${table(figures)}\n\n${notes(figures)}`);
if (options.write) {
  writeFileSync(join(PROJECT, 'docs/benchmarks.md'), document(figures, machine, new Date().toISOString()));
  console.log('\nwrote docs/benchmarks.md');
}
