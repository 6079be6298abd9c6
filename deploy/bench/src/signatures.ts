import { type Run, runWorker } from './bench.js';
import { type Figure, n } from './report.js';
import { type SignInput, type SignResult } from './workers/signer.js';

const EVENTS = 20_000;
/** Messages that a relay signs together. */
const GROUP = 16;

/** What signing and verifying costs an event, alone and in groups as a relay publishes them. */
export async function signatures(run: Run): Promise<Figure[]> {
  const [alone, grouped] = [await ask(1), await ask(GROUP)];
  run.log(`to verify: alone ${n(alone.verifyUs, 1)} µs, in groups of ${GROUP} ${n(grouped.verifyUs, 1)} µs`);
  return [
    {
      what: 'Verification of a signed event',
      target: 'reported',
      floor: `${n(alone.floorUs, 1)} µs of CPU: one Ed25519 verification`,
      measured: `${n(grouped.verifyUs, 1)} µs of CPU in groups of ${GROUP}, ${n(alone.verifyUs, 1)} µs alone`,
      ratio: alone.floorUs / grouped.verifyUs,
      notes: [
        `${n(EVENTS)} registrations, one thread, CPU of the process per event: bytes to sign, hash tree and signature.`,
        `Signing: ${n(grouped.signUs, 1)} µs per event in groups of ${GROUP}, ${n(alone.signUs, 1)} µs alone.`,
        'Floor: `crypto.verify` over 32 bytes, the signature alone. The row Relay includes signing, the row Consumer verification.',
      ],
    },
  ];
}

function ask(group: number): Promise<SignResult> {
  return runWorker<SignResult>('signer', { events: EVENTS, group } satisfies SignInput);
}
