import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { EventSigner, EventVerifier, type OutgoingMessage } from '@gongdan/messaging';
import { messages, TICKETS_TOPIC } from '../sample.js';
import { onInput, reply } from './worker.js';

export interface SignInput {
  events: number;
  /** Messages that are signed together. */
  group: number;
}

/** Microseconds of CPU per event. */
export interface SignResult {
  signUs: number;
  verifyUs: number;
  /** One Ed25519 verification of 32 bytes. */
  floorUs: number;
}

onInput(async ({ events, group }: SignInput) => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const signer = new EventSigner({ id: 'bench', key: privateKey });
  const verifier = new EventVerifier([{ producer: 'intake', id: 'bench', key: publicKey }]);
  const all = [...messages(events, 'registrations')];
  const signed: OutgoingMessage[] = [];
  const signUs = cpuUs(() => {
    for (let i = 0; i < all.length; i += group) signed.push(...signer.sign(TICKETS_TOPIC, all.slice(i, i + group)));
  });
  const verifyUs = cpuUs(() => {
    for (const m of signed) {
      const distrust = verifier.distrust(TICKETS_TOPIC, 'intake', m);
      if (distrust) throw new Error(distrust.error);
    }
  });
  const root = Buffer.alloc(32, 7);
  const signature = sign(null, root, privateKey);
  const floorUs = cpuUs(() => {
    for (let i = 0; i < events; i++) verify(null, root, publicKey, signature);
  });
  reply({ signUs: signUs / events, verifyUs: verifyUs / events, floorUs: floorUs / events } satisfies SignResult);
});

function cpuUs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
