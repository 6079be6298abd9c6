import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Child, endLeftOver, until } from './child.js';

let folder: string;
const children: Child[] = [];
const ended: string[] = [];

function child(name: string, code: string, ...more: string[]): Child {
  const made = new Child(
    { name, command: process.execPath, args: ['-e', code, '--', ...more], log: join(folder, `${name}.log`), marker: more[0] ?? name },
    (_, how) => ended.push(`${name}: ${how}`),
  );
  children.push(made);
  return made;
}

const logged = (c: Child, word: string): Promise<void> => until(word, async () => readFileSync(c.spec.log, 'utf8').includes(word), 60_000);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gongdan-child-'));
});
afterEach(async () => {
  for (const c of children.splice(0)) await c.stop(1);
  ended.length = 0;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const stays = 'setInterval(() => undefined, 1000); console.log("up")';
const stubborn = `process.on("SIGTERM", () => undefined); ${stays}`;

describe('Child', () => {
  it('writes the output of a process to its own log and reports how it ended', async () => {
    const c = child('ends', 'console.log("hello"); console.error("trouble"); process.exit(3)');
    c.start();
    await c.gone();
    expect(c.tail()).toBe('hello\ntrouble');
    expect(ended).toEqual(['ends: code 3']);
    expect([c.alive, c.pid]).toEqual([false, undefined]);
  });

  it('kills a process that does not end after SIGTERM', async () => {
    const c = child('stubborn', stubborn);
    c.start();
    await logged(c, 'up');
    await c.stop(300);
    expect(ended).toEqual(['stubborn: SIGKILL']);
  });

  it('starts a stopped process again and appends to the same log', async () => {
    const c = child('again', stays);
    for (const times of [1, 2]) {
      c.start();
      await until('log', async () => c.tail().split('up').length - 1 === times, 10_000);
      await c.stop();
    }
    expect(ended).toEqual(['again: SIGTERM', 'again: SIGTERM']);
  });
});

describe('Child with two callers', () => {
  it('starts one process and refuses the second start', async () => {
    const c = child('twice', stays);
    c.start();
    const { pid } = c;
    expect(() => c.start()).toThrow('twice is running already');
    expect(c.pid).toBe(pid);
  });

  it('sends one SIGTERM when stop is called twice, because a second one would end the drain', async () => {
    const c = child(
      'drains',
      `let signals = 0; process.on("SIGTERM", () => { signals += 1; console.log("signal", signals); }); process.on("SIGUSR2", () => setImmediate(process.exit, 0)); ${stays}`,
    );
    c.start();
    await logged(c, 'up');
    const first = c.stop();
    await logged(c, 'signal 1');
    const second = c.stop();
    process.kill(c.pid ?? 0, 'SIGUSR2');
    await Promise.all([first, second]);
    expect(c.tail()).toBe('up\nsignal 1');
    expect(ended).toEqual(['drains: code 0']);
  });
});

describe('endLeftOver', () => {
  it('ends a process whose command line holds the marker', async () => {
    const c = child('ours', stays, 'marker-of-ours');
    c.start();
    await logged(c, 'up');
    expect(await endLeftOver(c.pid ?? 0, 'marker-of-ours')).toBe(true);
    await c.gone();
    expect(ended).toEqual(['ours: SIGTERM']);
  });

  it('returns false when the process has ended already', async () => {
    const c = child('gone', 'process.exit(0)', 'marker-of-gone');
    c.start();
    const { pid } = c;
    await c.gone();
    expect(await endLeftOver(pid ?? 0, 'marker-of-gone')).toBe(false);
  });

  it('leaves a process alone that was given the same pid and has another command line', async () => {
    const c = child('foreign', stays, 'something-else');
    c.start();
    await logged(c, 'up');
    expect(await endLeftOver(c.pid ?? 0, 'marker-of-ours')).toBe(false);
    expect(c.alive).toBe(true);
  });
});

describe('until', () => {
  it('throws an error that names what was not ready', async () => {
    await expect(until('Kafka', async () => false, 120)).rejects.toThrow('Kafka was not ready within 0 s');
    await expect(
      until(
        'Kafka',
        async () => false,
        10_000,
        () => false,
      ),
    ).rejects.toThrow('Kafka ended while starting');
  });

  it('polls again after a check that throws', async () => {
    let times = 0;
    await until('it', () => (times++ < 2 ? Promise.reject(new Error('refused')) : Promise.resolve(true)), 60_000);
    expect(times).toBe(3);
  });
});
