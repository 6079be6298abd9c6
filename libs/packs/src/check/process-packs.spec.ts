import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe as group, expect, it } from '@jest/globals';
import { readPackFolder } from '../files.js';
import { describe } from '../mistakes.js';

const FOLDER = fileURLToPath(new URL('../../processes/', import.meta.url));
const packs = readdirSync(FOLDER).map((key) => ({ key, ...readPackFolder(join(FOLDER, key)) }));

group('a process pack of this repository', () => {
  it.each(packs)('$key has no mistake', ({ mistakes }) => {
    expect(describe(mistakes)).toBe('');
  });

  it.each(packs)('$key has the name of its folder and scenarios in both languages', ({ key, json }) => {
    expect(json['pack']).toMatchObject({ format: 2, key });
    expect(json['scenarios']).toEqual(
      expect.arrayContaining([expect.objectContaining({ names: { 'zh-CN': expect.any(String), en: expect.any(String) } })]),
    );
  });

  it('stands for each of the 42 rows of the catalogue of processes, beside starter and city-311', () => {
    const rows = packs.flatMap(({ key }) => /^p(\d\d)-/.exec(key)?.[1] ?? []);
    expect(rows).toEqual(Array.from({ length: 42 }, (_, i) => String(i + 1).padStart(2, '0')));
    expect(packs.map((p) => p.key)).toEqual(expect.arrayContaining(['starter', 'city-311']));
  });
});
