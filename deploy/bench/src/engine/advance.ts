import { join } from 'node:path';
import { PROJECT } from 'gongdan';
import { type Run, runWorker } from '../bench.js';
import { type Figure, n } from '../report.js';
import { type DecideInput, type DecideResult } from '../workers/decide.js';

/** Decisions of the engine about the largest pack, in one thread. */
export async function decisions(run: Run): Promise<Figure[]> {
  const r = await runWorker<DecideResult>('decide', {
    packs: join(PROJECT, 'libs/packs/processes'),
    tickets: 300,
    measureMs: 8_000,
  } satisfies DecideInput);
  run.log(`${r.pack}: ${n(r.rate)} decisions/s over ${r.done} of ${r.actions} actions, floor ${n(r.floor)} /s`);
  return [
    {
      what: '`advance` on the largest pack, one thread',
      target: '≥ 200,000 actions/s',
      floor: `${n(r.floor)} /s`,
      measured: `${n(r.rate)} actions/s`,
      ratio: r.rate / r.floor,
      met: r.rate >= 200_000,
      notes: [
        `${r.pack}, the pack with the largest process: ${n(r.corpus)} accepted actions of 300 tickets, drawn from those that somebody of its sample directory may do; ${r.done} of its ${r.actions} actions are among them, ${n(r.events, 1)} events each.`,
        'Each is decided again and again from the case before it: rights, form, guards, effects, events. Per second of CPU of the process, garbage collection included; median of turns of 0.2 s, which the floor takes in turns with it.',
        `Floor: a copy of the case with its tasks and one event, without any rule. To copy the case by way of JSON: ${n(r.clone)} /s.`,
      ],
    },
  ];
}
