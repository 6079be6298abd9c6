import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const example = join(root, 'docs/packs-howto/lost-property');

function gongdan(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(root, 'deploy/local/bin/gongdan.mjs'), ...args], { encoding: 'utf8', cwd: root });
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
  it('an unknown command is answered with the list of commands', () => {
    expect(gongdan('pack', 'chekc')).toMatchObject({ status: 1, stderr: expect.stringMatching(/check <folder>/) });
  });
});
