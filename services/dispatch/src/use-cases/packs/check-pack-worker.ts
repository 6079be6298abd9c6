import { parentPort } from 'node:worker_threads';
import { checkPack, packDigest } from '@gongdan/packs';
import { type CheckAnswer, type PublishedPack } from './check-pack.js';

parentPort?.on('message', (json: unknown) => {
  const check = checkPack(json);
  // A valid pack equals its input: its objects are closed, and the schema changes no value.
  const answer: CheckAnswer =
    check.mistakes.length > 0 ? { check } : { checked: { pack: json as PublishedPack, digest: packDigest(json as PublishedPack) } };
  parentPort?.postMessage(answer);
});
