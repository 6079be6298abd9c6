import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { exampleFolder, exampleTexts } from '../check/lost-property.js';
import { readPackFolder } from '../files.js';
import { translated } from '../messages/translated.js';
import { readPackTexts } from './pack-texts.js';

const PROCESS = exampleTexts().get('process.yaml') ?? '';

describe('a pack folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'pack-')), 'desk');
    cpSync(exampleFolder, folder, { recursive: true });
  });
  afterEach(() => rmSync(join(folder, '..'), { recursive: true }));
  const told = (): string[] =>
    readPackFolder(folder).mistakes.map(({ file, line, column, rule }) => {
      expect(translated(rule).code).not.toBe('other');
      return `${file}:${line ?? '-'}:${column ?? '-'} ${rule}`;
    });
  const replace = (put: (path: string) => void): void => {
    rmSync(join(folder, 'process.yaml'));
    put(join(folder, 'process.yaml'));
  };

  it('with a file that is no UTF-8 is told so at the first such character, and nothing else', () => {
    replace((path) => writeFileSync(path, Buffer.concat([Buffer.from('a: 1\n# '), Buffer.from([0xc4, 0xe3])])));
    expect(told()).toEqual(['process.yaml:2:3 is not UTF-8; save the file as UTF-8 (in the editor: save as, encoding UTF-8)']);
  });
  it('with a file of two bytes a character is told so', () => {
    replace((path) => writeFileSync(path, `\uFEFF${PROCESS}`, 'utf16le'));
    expect(told()).toEqual([expect.stringMatching(/^process\.yaml:1:1 is not UTF-8/)]);
  });
  it.each(['\r\n', '\r'])('may end its lines with %j', (end) => {
    replace((path) => writeFileSync(path, `\uFEFF${PROCESS.replaceAll('\n', end)}`));
    expect(told()).toEqual([]);
    const line = PROCESS.slice(0, PROCESS.indexOf('on: waiting')).split('\n').length;
    replace((path) => writeFileSync(path, PROCESS.replace('on: waiting', 'on: wating').replaceAll('\n', end)));
    expect(told()).toEqual([`process.yaml:${line}:9 step wating is not declared; did you mean waiting?`]);
  });
  it.each<[string, (path: string) => void, RegExp]>([
    ['a folder', (path) => mkdirSync(path), /^process\.yaml:-:- is not a file$/],
    ['a pipe that nobody writes to', (path) => void execFileSync('mkfifo', [path]), /^process\.yaml:-:- is not a file$/],
    ['a link to nowhere', (path) => symlinkSync('/nowhere/at-all', path), /^process\.yaml:-:- cannot be read: ENOENT$/],
    ['a link to itself', (path) => symlinkSync('process.yaml', path), /^process\.yaml:-:- cannot be read: ELOOP$/],
  ])('where a part is %s is told so', (_, put, mistake) => {
    replace(put);
    expect(told()).toEqual([expect.stringMatching(mistake)]);
  });
});

describe('a part of a pack', () => {
  it.each([
    ['- a\n', 'process.yaml:1:1 expected a table of keys with values; known are start, system, steps, actions, reactions'],
    ['7\n', 'process.yaml:1:1 expected a table of keys with values; known are start, system, steps, actions, reactions'],
    ['~\n', 'process.yaml:1:1 expected a table of keys with values; known are start, system, steps, actions, reactions'],
  ])('that is %j is told what it must be', (text, mistake) => {
    const { mistakes } = readPackTexts(exampleTexts().set('process.yaml', text));
    expect(mistakes.map((m) => `${m.file}:${m.line}:${m.column} ${m.rule}`)).toEqual([mistake]);
  });
  it('with more holidays than a pack may have is told to write the years that are needed', () => {
    const calendars = Array.from(
      { length: 90 },
      (_, i) => `  - { key: c${i}, hours: always, holidays: [${2000 + i}-01-01..${2000 + i}-12-31] }\n`,
    );
    const { mistakes } = readPackTexts(exampleTexts().set('sla.yaml', `calendars:\n${calendars.join('')}`));
    expect(mistakes.map((m) => m.rule)).toContain('the holidays of the pack are more than 5000 days; write the years that are needed');
  });
});
