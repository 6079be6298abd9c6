import { parentPort } from 'node:worker_threads';
import { checkPack, formatOf, type Pack, packDigest, readPack } from '@gongdan/packs';
import { type CheckAnswer } from './check-pack.js';

parentPort?.on('message', (json: unknown) => parentPort?.postMessage(answerTo(json)));

function answerTo(json: unknown): CheckAnswer {
  const check = checkPack(json);
  if (check.mistakes.length > 0) return { check };
  // What this release checks and cannot run must not be stored: its tickets would wait for the next release.
  if (!isReadable(json)) {
    const rule = `format ${String(formatOf(json))} cannot be run by this release`;
    return { check: { mistakes: [{ file: 'pack', pointer: '/format', rule }], found: 1 } };
  }
  // A valid pack equals its input: its objects are closed, and the schema changes no value.
  return { checked: { pack: json as Pack, digest: packDigest(json as Pack) } };
}

function isReadable(json: unknown): boolean {
  try {
    readPack(json);
    return true;
  } catch {
    return false;
  }
}
