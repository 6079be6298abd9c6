import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Child } from '../processes/child.js';
import { Home } from '../home/home.js';
import { start, stop } from './start.js';

let home: Home;
const exported: string[] = [];

function setting(name: string, value: string): void {
  exported.push(name);
  process.env[name] = value;
}

beforeEach(() => {
  home = new Home(mkdtempSync(join(tmpdir(), 'gongdan-start-')));
  setting('GONGDAN_HOME', home.path);
});
afterEach(() => {
  for (const name of exported.splice(0)) delete process.env[name];
  rmSync(home.path, { recursive: true, force: true });
});

describe('gongdan start', () => {
  it('refuses --reset while a database is named that it cannot empty, because the key to the contacts in it would be lost', async () => {
    const key = home.secret('seal', 32);
    setting('NOTIFY_DB_URL', 'postgres://127.0.0.1:1/notify');
    await expect(start.run(['--reset'])).rejects.toThrow('first unset NOTIFY_DB_URL');
    expect(home.secret('seal', 32)).toBe(key);
  });

  it('refuses a port base that is not a number', async () => {
    await expect(start.run(['--port-base', 'many'])).rejects.toThrow('"many" is not a number');
    setting('GONGDAN_PORT_BASE', '41oo');
    await expect(start.run([])).rejects.toThrow('"41oo" is not a number');
  });
});

describe('gongdan stop', () => {
  const outputOfStop = async (): Promise<string> => {
    const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    await stop.run([]);
    const text = log.mock.calls.flat().join('\n');
    log.mockRestore();
    return text;
  };

  it('ends the processes a killed run left behind, and reports the second time that nothing is running', async () => {
    const marker = home.dir('left-over');
    const left = new Child({
      name: 'sla',
      command: process.execPath,
      args: ['-e', 'setInterval(() => undefined, 1000)', '--', marker],
      log: home.log('sla'),
      marker,
    });
    left.start();
    home.write({ ...home.read(), pids: { sla: { pid: left.pid ?? 0, marker } }, urls: { sla: 'http://127.0.0.1:1' } });
    expect(await outputOfStop()).toContain('left behind: sla');
    await left.gone();
    expect(home.read()).toMatchObject({ pids: {}, urls: {} });
    expect(await outputOfStop()).toBe('Gongdan is not running in this checkout');
  });
});
