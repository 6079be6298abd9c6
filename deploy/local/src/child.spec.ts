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

const said = (c: Child, word: string): Promise<void> => until(word, async () => readFileSync(c.spec.log, 'utf8').includes(word), 10_000);

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

describe('a part of the stack', () => {
  it('writes its output to its own log and says how it ended', async () => {
    const c = child('ends', 'console.log("hello"); console.error("trouble"); process.exit(3)');
    c.start();
    await c.gone();
    expect(c.tail()).toBe('hello\ntrouble');
    expect(ended).toEqual(['ends: code 3']);
    expect([c.alive, c.pid]).toEqual([false, undefined]);
  });

  it('is asked to go, and killed when it does not', async () => {
    const c = child('stubborn', stubborn);
    c.start();
    await said(c, 'up');
    await c.stop(300);
    expect(ended).toEqual(['stubborn: SIGKILL']);
  });

  it('runs again after it was stopped, and appends to the same log', async () => {
    const c = child('again', stays);
    for (const times of [1, 2]) {
      c.start();
      await until('log', async () => c.tail().split('up').length - 1 === times, 10_000);
      await c.stop();
    }
    expect(ended).toEqual(['again: SIGTERM', 'again: SIGTERM']);
  });
});

describe('two askers at once', () => {
  it('start one process: the second is refused', async () => {
    const c = child('twice', stays);
    c.start();
    const { pid } = c;
    expect(() => c.start()).toThrow('twice runs already');
    expect(c.pid).toBe(pid);
  });

  it('ask it to go once: a second SIGTERM would cut the drain short', async () => {
    const c = child(
      'drains',
      `let asked = 0; process.on("SIGTERM", () => { asked += 1; console.log("asked", asked); }); process.on("SIGUSR2", () => setImmediate(process.exit, 0)); ${stays}`,
    );
    c.start();
    await said(c, 'up');
    const first = c.stop();
    await said(c, 'asked 1');
    const second = c.stop();
    process.kill(c.pid ?? 0, 'SIGUSR2');
    await Promise.all([first, second]);
    expect(c.tail()).toBe('up\nasked 1');
    expect(ended).toEqual(['drains: code 0']);
  });
});

describe('a process an earlier run left behind', () => {
  it('is ended when it is ours', async () => {
    const c = child('ours', stays, 'marker-of-ours');
    c.start();
    await said(c, 'up');
    expect(await endLeftOver(c.pid ?? 0, 'marker-of-ours')).toBe(true);
    await c.gone();
    expect(ended).toEqual(['ours: SIGTERM']);
  });

  it('may be gone already', async () => {
    const c = child('gone', 'process.exit(0)', 'marker-of-gone');
    c.start();
    const { pid } = c;
    await c.gone();
    expect(await endLeftOver(pid ?? 0, 'marker-of-gone')).toBe(false);
  });

  it('is left alone when the number now belongs to somebody else', async () => {
    const c = child('foreign', stays, 'something-else');
    c.start();
    await said(c, 'up');
    expect(await endLeftOver(c.pid ?? 0, 'marker-of-ours')).toBe(false);
    expect(c.alive).toBe(true);
  });
});

describe('until', () => {
  it('says what was not ready', async () => {
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

  it('takes a failing check for "not yet"', async () => {
    let times = 0;
    await until('it', () => (times++ < 2 ? Promise.reject(new Error('refused')) : Promise.resolve(true)), 5_000);
    expect(times).toBe(3);
  });
});
