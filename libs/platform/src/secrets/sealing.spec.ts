import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Sealer } from './sealing.js';

const key = randomBytes(32).toString('base64');
const sealer = new Sealer(key);
const refusal = 'platform/not-sealed';

describe('sealing', () => {
  it('opens a token with the place it was sealed for', () => {
    const text = JSON.stringify({ name: '王芳', phone: '13800001111' });
    const token = sealer.seal(text, 'contact|acme|1');
    expect(token).not.toContain('138');
    expect(sealer.open(token, 'contact|acme|1')).toBe(text);
    expect(sealer.open(sealer.seal('', 'x'), 'x')).toBe('');
  });

  it('returns another token each time the same text is sealed', () => {
    expect(new Set(Array.from({ length: 100 }, () => sealer.seal('same', 'x'))).size).toBe(100);
  });

  it('refuses a token that was moved, changed, truncated or sealed with another key', () => {
    const token = sealer.seal('13800001111', 'contact|acme|1');
    const parts = token.split('.');
    const last = parts.at(-1) ?? '';
    const changed = [...parts.slice(0, -1), `${last.startsWith('A') ? 'B' : 'A'}${last.slice(1)}`].join('.');
    expect(() => sealer.open(token, 'contact|acme|2')).toThrow(refusal);
    expect(() => sealer.open(token, 'contact|other|1')).toThrow(refusal);
    expect(() => sealer.open(changed, 'contact|acme|1')).toThrow(refusal);
    // A short tag would make forging cheap, so GCM must require all 16 bytes.
    for (let cut = 1; cut < last.length; cut++)
      expect(() => sealer.open([...parts.slice(0, -1), last.slice(0, -cut)].join('.'), 'contact|acme|1')).toThrow(refusal);
    expect(() => new Sealer(randomBytes(32).toString('base64')).open(token, 'contact|acme|1')).toThrow(refusal);
    for (const junk of ['', 'v1', 'v1..', 'v2.a.b', 'no token at all', '....']) expect(() => sealer.open(junk, 'x')).toThrow(refusal);
  });

  it('returns equal blind indexes for equal texts of one scope and one key only', () => {
    expect(sealer.blindIndex('1111', 'tail|acme')).toBe(new Sealer(key).blindIndex('1111', 'tail|acme'));
    expect(sealer.blindIndex('1111', 'tail|acme')).not.toBe(sealer.blindIndex('1111', 'tail|other'));
    expect(sealer.blindIndex('1111', 'tail|acme')).not.toBe(sealer.blindIndex('1112', 'tail|acme'));
    expect(sealer.blindIndex('1111', 'tail|acme')).not.toBe(new Sealer(randomBytes(32).toString('base64')).blindIndex('1111', 'tail|acme'));
  });
});
