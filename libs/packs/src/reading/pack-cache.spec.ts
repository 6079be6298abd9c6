import { describe, expect, it } from '@jest/globals';
import { loadPack, packFolder } from '../files.js';
import { PackCache } from '../index.js';

describe('the cache of packs', () => {
  const pack = loadPack(packFolder('starter'));
  const text = JSON.stringify(pack);
  /** Another document of about the same size. */
  const textOf = (id: string): string => JSON.stringify({ ...pack, pack: { ...pack.pack, key: id.padStart(pack.pack.key.length, '-') } });

  it('keeps the most recently used packs within its limit of bytes', async () => {
    const cache = new PackCache({ mostBytes: 3 * text.length });
    const loads: string[] = [];
    const get = (id: string) => cache.get(id, async () => (loads.push(id), textOf(id)));
    for (const id of ['a', 'b', 'c', 'a', 'd', 'a', 'b']) expect((await get(id))?.pack.key.endsWith(id)).toBe(true);
    expect(loads).toEqual(['a', 'b', 'c', 'd', 'b']);
    for (let i = 0; i < 100; i++) await get(`v${i}`);
    expect([cache.size, cache.bytes]).toEqual([3, 3 * text.length]);
  });

  it('keeps the same document of several organisations once, until it is dropped for all of them', async () => {
    const cache = new PackCache({ mostBytes: 2 * text.length });
    const loads: string[] = [];
    const get = (id: string, of = text) => cache.get(id, async () => (loads.push(id), of));
    const first = await get('org-1|starter|1');
    for (let org = 2; org <= 50; org++) expect(await get(`org-${org}|starter|1`)).toBe(first);
    expect([cache.size, cache.bytes, loads.length]).toEqual([1, text.length, 50]);
    await get('org-7|starter|1');
    expect(loads.length).toBe(50);
    await get('a', textOf('a'));
    await get('b', textOf('b'));
    expect([cache.size, (await get('org-7|starter|1')) === first, loads.at(-1)]).toEqual([2, false, 'org-7|starter|1']);
  });

  it('keeps one pack that is larger than the limit', async () => {
    const cache = new PackCache({ mostBytes: 10 });
    let loads = 0;
    for (let i = 0; i < 3; i++) await cache.get('a', async () => (loads++, text));
    expect([loads, cache.size]).toEqual([1, 1]);
  });

  it('loads a pack once for requests that arrive together, and loads a missing one again', async () => {
    const cache = new PackCache();
    let loads = 0;
    const missing = () => cache.get('a', async () => (loads++, undefined));
    expect(await Promise.all([missing(), missing()])).toEqual([undefined, undefined]);
    await missing();
    expect(loads).toBe(2);
  });

  it('reports a pack that cannot be read once and does not read it again', async () => {
    const reported: string[] = [];
    const cache = new PackCache({ onUnreadable: (id) => reported.push(id) });
    let loads = 0;
    for (const broken of ['{}', 'not JSON', '{}']) await expect(cache.get('a', async () => (loads++, broken))).rejects.toThrow();
    expect([reported, loads, [...cache.unreadable.keys()]]).toEqual([['a'], 1, ['a']]);
    expect(await cache.get('b', async () => text)).toBeDefined();
  });
});
