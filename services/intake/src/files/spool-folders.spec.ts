import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeSpoolFolder, removeLeftSpoolFolders } from './spool-folders.js';

describe('spool folders', () => {
  let root: string;
  let own: string;
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'spool-spec-'));
    own = await makeSpoolFolder(root);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function folder(name: string, hoursOld = 0): string {
    const path = join(root, name);
    mkdirSync(path);
    const then = Date.now() / 1_000 - hoursOld * 3_600;
    utimesSync(path, then, then);
    return path;
  }
  /** The name of a folder of this process, in which some parts differ. */
  function name({ place, pid, start }: { place?: string; pid?: number; start?: string }): string {
    const parts = basename(own).split('-');
    return ['gongdan-import', place ?? parts[2], pid ?? parts[3], start ?? parts[4], 'abcdef'].join('-');
  }
  const startOf = (pid: number) =>
    readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[19] ?? '';

  it('keeps the folders of processes that run', async () => {
    const parent = folder(name({ pid: process.ppid, start: startOf(process.ppid) }), 48);
    await removeLeftSpoolFolders(root);
    expect([own, parent].map(existsSync)).toEqual([true, true]);
  });

  it('removes the folder of a process that ended, also when another process has its id now', async () => {
    const ended = folder(name({ pid: spawnSync('true').pid, start: '1' }));
    const earlier = folder(name({ start: '1' }));
    await removeLeftSpoolFolders(root);
    expect([ended, earlier].map(existsSync)).toEqual([false, false]);
  });

  it('keeps the folder of another container, whose process may have the same id, and removes it after a day', async () => {
    const fresh = folder(name({ place: '0.1' }), 23);
    const old = folder(name({ place: '0.2' }), 25);
    await removeLeftSpoolFolders(root);
    expect([fresh, old].map(existsSync)).toEqual([true, false]);
  });

  it('keeps the folder of a host whose name begins with the name of this one', async () => {
    const other = folder(`gongdan-import-${hostname()}-41-${spawnSync('true').pid}-abcdef`);
    await removeLeftSpoolFolders(root);
    expect(existsSync(other)).toBe(true);
  });

  it('continues after a folder that cannot be removed, and reports it', async () => {
    for (let n = 0; n < 20; n++) {
      const loop = join(root, `gongdan-import-loop${n}`);
      symlinkSync(loop, loop);
    }
    const left = folder(name({ start: '1' }));
    await expect(removeLeftSpoolFolders(root)).rejects.toThrow(/^20 of .*ELOOP/);
    expect(existsSync(left)).toBe(false);
  });
});
