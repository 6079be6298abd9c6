import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { CheckPack } from './check-pack.js';

let checks: CheckPack;
let ended: string[];

beforeEach(() => {
  checks = new CheckPack();
  ended = [];
});
afterEach(() => checks.onModuleDestroy());

/** Sends a pack without parts, which is refused as soon as it is checked. Answers the code, and notes who was answered. */
async function send(org: string): Promise<unknown> {
  const code = await checks.run(org, {}).catch((e: unknown) => (e as { code: unknown }).code);
  ended.push(`${org} ${String(code)}`);
  return code;
}

it('checks the pack of an organisation although the packs of another fill the queue', async () => {
  const many = Array.from({ length: 9 }, () => send('many'));
  expect(await send('one')).toBe('packs/invalid');
  await Promise.all(many);
});

it('gives each organisation its turn: a pack waits for no second one of an organisation that sent more', async () => {
  const many = Array.from({ length: 6 }, () => send('many'));
  await send('one');
  expect(ended.filter((e) => e.startsWith('many')).length).toBeLessThan(3);
  await Promise.all(many);
});

it('refuses a pack of an organisation that fills the queue, and takes it when the queue is empty again', async () => {
  const codes = await Promise.all(Array.from({ length: 20 }, () => send('many')));
  expect(codes.filter((c) => c === 'dispatch/packs-waiting').length).toBeGreaterThan(9);
  expect(codes.filter((c) => c === 'packs/invalid').length).toBeGreaterThan(7);
  expect(await send('many')).toBe('packs/invalid');
});

it('leaves the event loop to other callers while it checks', async () => {
  const broken = { pack: { key: 'many', version: 1, format: 2 }, process: { steps: {}, actions: Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`a${i}`, {}])) } }; // prettier-ignore
  let turns = 0;
  let counting = setImmediate(function count() {
    turns += 1;
    counting = setImmediate(count);
  });
  const refused = await checks.run('one', broken).catch((e: unknown) => e);
  clearImmediate(counting);
  expect(refused).toMatchObject({ code: 'packs/invalid' });
  // A check on the loop itself ends before the next turn.
  expect(turns).toBeGreaterThan(10);
});
