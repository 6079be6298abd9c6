import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const example = join(root, 'docs/packs-howto/lost-property');

function gongdan(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(root, 'deploy/local/bin/gongdan.mjs'), ...args], {
    encoding: 'utf8',
    cwd: root,
    env: { ...process.env, LANG: 'C', LC_ALL: 'C' },
  });
}

describe('gongdan pack', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gongdan-pack-'));
    cpSync(example, join(folder, 'broken'), { recursive: true });
    const file = join(folder, 'broken/process.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('form: found', 'fom: found').replace('go: answered', 'go: answred'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('check prints every mistake with file, line and column and exits with 1', () => {
    const { status, stdout } = gongdan('pack', 'check', join(folder, 'broken'));
    expect(stdout).toMatch(/broken\/process\.yaml:\d+:5 \/actions\/match\/fom: fom is not known here; did you mean form\?/);
    expect(stdout).toMatch(
      /broken\/process\.yaml:\d+:\d+ \/actions\/answer\/do\/0\/go: step answred is not declared; did you mean answered\?/,
    );
    expect(stdout).toMatch(/2 mistakes/);
    expect(status).toBe(1);
  });
  it('check speaks Chinese, with the codes of the English messages', () => {
    expect(gongdan('pack', 'check', join(folder, 'broken'), '--lang', 'zh-CN').stdout).toMatch(
      /broken\/process\.yaml:\d+:5 \/actions\/match\/fom: 这里不认识 fom；是不是 form？/,
    );
    const codes = (lang: string): unknown[] =>
      (JSON.parse(gongdan('pack', 'check', join(folder, 'broken'), '--json', '--lang', lang).stdout) as { code: string }[]).map(
        (m) => m.code,
      );
    expect([codes('zh-CN'), codes('en')]).toEqual([
      ['unknown-key', 'not-declared'],
      ['unknown-key', 'not-declared'],
    ]);
  });
  it('check says that a pack has no mistake and exits with 0', () => {
    expect(gongdan('pack', 'check', example)).toMatchObject({ status: 0, stdout: 'The pack has no mistake.\n' });
  });
  it('check exits with 2 for a folder that is none', () => {
    expect(gongdan('pack', 'check', join(folder, 'nothing'))).toMatchObject({ status: 2 });
  });
  it('schema prints the schema of a part and names the parts when there is no such part', () => {
    expect(JSON.parse(gongdan('pack', 'schema', 'process').stdout)).toMatchObject({ title: 'process.yaml' });
    expect(gongdan('pack', 'schema', 'proces')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/the parts are pack, catalogue/),
    });
  });
  it('try runs the tickets of the example through its process', () => {
    const { status, stdout } = gongdan('pack', 'try', example, '--script', `${example}.try`, '--lang', 'en');
    expect(stdout).toMatch(/\[Waiting for its owner\] waiting \(suspended\) held by lin, unit lost-desk, waits for customer/);
    expect(stdout).toMatch(/REFUSED dispatch\/not-yours/);
    expect(stdout).toMatch(/\[Returned\] returned \(closed\)/);
    expect(stdout).toMatch(/\[Not found\] not-found \(closed\)\n {2}clock search \(Time to search\): not kept\n$/);
    expect(status).toBe(0);
  });
  it('try exits with 1 when a line is refused or not understood', () => {
    const lines = (text: string): { status: number | null; stderr: string } =>
      spawnSync(process.execPath, [join(root, 'deploy/local/bin/gongdan.mjs'), 'pack', 'try', example], { encoding: 'utf8', input: text });
    expect(lines('register type=lost category=documents\ngive-up text=x as he\n')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/was refused/),
    });
    expect(lines('register type=losst\n')).toMatchObject({ status: 1, stderr: expect.stringMatching(/type is one of lost, complaint/) });
    expect(lines('register type=lost\nmatch shelf=A1 as nobody\n')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/there are lin, zhou, he/),
    });
  });
  it('try and draw read a pack of format 1 through its upcaster', () => {
    const { status, stdout } = spawnSync(process.execPath, [join(root, 'deploy/local/bin/gongdan.mjs'), 'pack', 'try', 'starter'], {
      encoding: 'utf8',
      input: 'register\n',
    });
    expect(stdout).toMatch(/told: dispatch\.ticket-dispatched/);
    expect(status).toBe(0);
    expect(gongdan('pack', 'draw', 'starter', '--out', '-').stdout).toMatch(/^<svg /);
  });
  it('diff tells what a new version changes and which open tickets cannot be moved', () => {
    cpSync(example, join(folder, 'next'), { recursive: true });
    const file = join(folder, 'next/sla.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('days: 90', 'days: 60'));
    const { status, stdout } = gongdan('pack', 'diff', example, join(folder, 'next'));
    expect(stdout).toMatch(/changed {2}sla\.clocks\.keeping {2}limit: 90d -> 60d/);
    expect(stdout).toMatch(/Raise version in pack\.yaml to 2/);
    expect(status).toBe(0);
  });
  it('an unknown command is answered with the list of commands', () => {
    expect(gongdan('pack', 'chekc')).toMatchObject({ status: 1, stderr: expect.stringMatching(/there are check, draw, try/) });
  });
  it('without a command the commands are explained, whether or not a stack runs', () => {
    expect(gongdan('pack')).toMatchObject({ status: 0, stdout: expect.stringMatching(/check <folder>/), stderr: '' });
  });
  it('explains a place of a part, and names the keys beside one that is not there', () => {
    expect(gongdan('pack', 'explain', 'process.actions.do.link').stdout).toMatch(/kind \*.*\n.*makes it a child/);
    expect(gongdan('pack', 'explain', 'process.actons')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/process has no key actons; there are start/),
    });
  });
});
