import { type EntryMaps } from '@gongdan/directory';
import { describe, expect, it } from '@jest/globals';
import { DirectoryDraft } from './changes.js';
import { bodyOf } from './csv-entries.js';
import { csvLine, readCsv, unguard } from './csv.js';
import { entriesOfOrg } from './pack-org.js';

const names = { 'zh-CN': '单位', en: 'Unit' };
const empty: EntryMaps = { unit: new Map(), person: new Map(), membership: new Map(), deputy: new Map(), presence: new Map() };
const draftOf = (over: Partial<EntryMaps> = {}) => new DirectoryDraft({ ...empty, ...over }, new Set(['handler']));

describe('a draft of the directory', () => {
  it('sees what it changed before, and leaves its base alone', () => {
    const unit = new Map([['a', { names }]]);
    const draft = draftOf({ unit });
    expect(draft.change({ kind: 'unit', id: 'b', value: { names, parent: 'a' } })).toEqual({
      changes: [{ entry: { kind: 'unit', id: 'b', value: { names, parent: 'a' } }, before: undefined }],
    });
    expect(draft.change({ kind: 'unit', id: 'a', value: { names, parent: 'b' } })).toMatchObject({
      mistake: { code: 'dispatch/unit-cycle' },
    });
    expect(draft.change({ kind: 'unit', id: 'a' })).toMatchObject({
      mistake: { code: 'dispatch/entry-in-use', detail: expect.stringContaining('unit b') },
    });
    expect([...unit.keys()]).toEqual(['a']);
  });

  it('changes nothing when the value is the same, whatever the order of its properties', () => {
    const draft = draftOf({ unit: new Map([['a', { names, level: 'x' }]]) });
    expect(draft.change({ kind: 'unit', id: 'a', value: { level: 'x', names } })).toEqual({ changes: [] });
  });

  it('refuses to move a unit so that those under it would be too deep, and lets every unit of the deepest tree be changed', () => {
    const chain = (key: string, count: number) => Array.from({ length: count }, (_, i) => [`${key}${i}`, i === 0 ? { names } : { names, parent: `${key}${i - 1}` }] as const); // prettier-ignore
    const draft = draftOf({ unit: new Map([...chain('a', 20), ...chain('b', 10)]) });
    expect(draft.change({ kind: 'unit', id: 'c', value: { names, parent: 'b9' } })).toHaveProperty('changes');
    expect(draft.change({ kind: 'unit', id: 'b0', value: { names, parent: 'a19' } })).toMatchObject({
      mistake: { code: 'dispatch/unit-too-deep', pointer: '/parent' },
    });
    expect(draft.change({ kind: 'unit', id: 'c', value: { names } })).toHaveProperty('changes');
    expect(draft.change({ kind: 'unit', id: 'b0', value: { names, parent: 'a19' } })).toHaveProperty('changes');
    for (const id of ['b0', 'b9'])
      expect(draft.change({ kind: 'unit', id, value: { ...draft.get('unit', id), names, level: 'x' } })).toHaveProperty('changes');
  });

  it('lets a unit be renamed that an earlier release let move too deep', () => {
    const unit = new Map(Array.from({ length: 40 }, (_, i) => [`u${i}`, { names, ...(i === 0 ? {} : { parent: `u${i - 1}` }) }] as const));
    const changed = { names: { ...names, en: 'Other' }, parent: 'u38' };
    expect(draftOf({ unit }).change({ kind: 'unit', id: 'u39', value: changed })).toHaveProperty('changes');
  });

  it('ends at a cycle that is there already instead of walking for ever', () => {
    const unit = new Map([['a', { names, parent: 'b' }], ['b', { names, parent: 'a' }]]); // prettier-ignore
    expect(draftOf({ unit }).change({ kind: 'unit', id: 'c', value: { names, parent: 'a' } })).toMatchObject({
      mistake: { code: 'dispatch/unit-cycle' },
    });
  });
});

describe('the org part of a pack', () => {
  const part = {
    units: [
      { key: 'child', names, parent: 'root' },
      { key: 'root', names },
      { key: 'x', names, parent: 'y' },
      { key: 'y', names, parent: 'x' },
      { key: 'lost', names, parent: 'nowhere' },
    ],
    people: [
      { id: 'wu', name: 'Wu', units: ['child'], roles: ['handler'], email: 'wu@example.org' },
      { id: 'boss', name: 'Boss', units: ['root'], roles: ['supervisor', 'handler'] },
      { id: 'ops', name: 'Ops', units: [], roles: ['operator'] },
    ],
  };

  it('becomes entries that a draft accepts in their order, parents first, without the cycles and unknown parents of format 1', () => {
    const draft = new DirectoryDraft(empty, new Set(['handler', 'supervisor', 'operator']));
    const entries = entriesOfOrg(part, draft, (id) => `sealed-${id}`);
    for (const entry of entries) expect(draft.change(entry)).toHaveProperty('changes');
    expect(draft.get('unit', 'child')?.parent).toBe('root');
    expect(draft.get('unit', 'lost')).toEqual({ names });
    expect(draft.get('unit', 'x')?.parent === 'y' && draft.get('unit', 'y')?.parent === 'x').toBe(false);
    expect(draft.get('person', 'wu')?.contactSealed).toBe('sealed-wu');
    expect(draft.get('membership', 'boss')).toEqual({ roles: ['supervisor'] });
    expect(draft.get('membership', 'boss root')).toEqual({ roles: ['supervisor', 'handler'] });
    expect(draft.get('membership', 'ops')).toEqual({ roles: ['operator'] });
    expect(draft.get('membership', 'wu')).toBeUndefined();
  });

  it('adds to a known person only what concerns a unit that is new', () => {
    const draft = draftOf({ unit: new Map([['root', { names }]]), person: new Map([['wu', { name: 'Wu' }], ['boss', { name: 'Boss' }]]) }); // prettier-ignore
    const ids = entriesOfOrg(part, draft, () => '').map((e) => `${e.kind} ${e.id}`);
    expect(ids).toContain('membership wu child');
    expect(ids).not.toContain('membership boss root');
    expect(ids).not.toContain('membership boss');
  });
});

describe('CSV', () => {
  it('reads quotes, line ends and the byte order mark', () => {
    expect(readCsv('\uFEFFa,b\r\n"x ""y""","1\n2"\n\n3\r\n')).toEqual({
      columns: ['a', 'b'],
      rows: [
        { line: 2, cells: { a: 'x "y"', b: '1\n2' } },
        { line: 5, cells: { a: '3', b: '' } },
      ],
    });
  });

  it('makes no number of a level with something behind it', () => {
    const { body } = bodyOf('membership', { person: 'wu', roles: 'handler', skills: 'gas:2:3 water:2' });
    expect(body).toEqual({ roles: ['handler'], skills: { gas: NaN, water: 2 } });
  });

  it('names rows that cannot be read', () => {
    expect(readCsv('a,b\n1,2,3\n"1"x,2\n"open').rows.map((r) => [r.line, r.broken])).toEqual([
      [2, 'has 3 cells, the file has 2 columns'],
      [3, 'has text behind a closing quote'],
      [4, 'opens a quote that is never closed'],
    ]);
    expect(readCsv('').rows).toEqual([]);
  });

  it('reads no more rows than it is asked for, and no more cells of a row than it needs, so that no file fills the memory', () => {
    expect(readCsv(`a\n${'x\n'.repeat(1_000)}`, 10).rows).toHaveLength(10);
    expect(readCsv(`a\n${','.repeat(5_000)}`, 10).rows[0]?.broken).toBe('has 5001 cells, the file has 1 columns');
    const before = process.memoryUsage().heapUsed;
    readCsv(`a\n${'x\n'.repeat(2_000_000)}`, 10);
    readCsv(`a\n${','.repeat(4_000_000)}`, 10);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(60_000_000);
  });

  it.each(['=1+1', "'quoted", '+86', '-1', '@x', 'plain', 'a"b,c', "'=x", ''])('writes %j so that it is read as it was', (cell) => {
    const { rows } = readCsv(`a,b\r\n${csvLine([cell, 'x'])}`);
    expect(unguard(rows[0]?.cells['a'] ?? '')).toBe(cell);
  });
});
