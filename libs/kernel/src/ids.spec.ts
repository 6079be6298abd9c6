import { describe, expect, it } from '@jest/globals';
import { v5, version } from 'uuid';
import { idOf, isId, madeAtMs, newId } from './ids.js';

describe('new ids', () => {
  it('new ids are UUIDs of version 7 with the present time, ascend, and never repeat', () => {
    const before = Date.now();
    const ids = Array.from({ length: 10_000 }, newId);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids.map(version))).toEqual(new Set([7]));
    expect(ids.every(isId)).toBe(true);
    expect(madeAtMs(ids[0] ?? '')).toBeGreaterThanOrEqual(before);
    expect(madeAtMs(ids.at(-1) ?? '')).toBeLessThanOrEqual(Date.now() + 1);
  });

  it('new ids differ in their last characters', () =>
    expect(new Set(Array.from({ length: 1_000 }, () => newId().slice(-8))).size).toBeGreaterThan(990));
});

describe('derived ids', () => {
  it('derived ids are equal for equal parts, and differ when the parts are divided differently', () => {
    expect(idOf('a', 1)).toBe(idOf('a', 1));
    expect(idOf('a', 'bc')).not.toBe(idOf('ab', 'c'));
    expect(version(idOf('a'))).toBe(5);
    expect([idOf('a'), 'nonsense', ''].map(madeAtMs)).toEqual([undefined, undefined, undefined]);
  });
  it('derived ids are the UUIDv5 of the name, whatever its length and characters', () => {
    const namespace = '0b0f4f36-61ab-5b7e-9c6c-1f6a5a6d3f10';
    for (const text of ['', 'a', '工单', 'é\u0000x', '😀', 'long '.repeat(60), '工单'.repeat(600)])
      for (let i = 0; i < 50; i++) expect(idOf(text, i)).toBe(v5(`${text}\u0000${String(i)}`, namespace));
  });
});
