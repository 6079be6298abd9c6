import { describe, expect, it } from '@jest/globals';
import { Invalid } from '@gongdan/kernel';
import { z } from 'zod';
import { etagOf, ifMatch } from './etag.js';
import { decodeCursor, encodeCursor } from './paging.js';

describe('entity tags', () => {
  it('entity tags are parsed to the version they were made of', () => {
    expect(etagOf(7)).toBe('"v7"');
    expect(ifMatch(etagOf(7))).toBe(7);
    expect(ifMatch(' "v12" ')).toBe(12);
  });

  it('no version is required when If-Match is absent or *', () => {
    expect(ifMatch(undefined)).toBeUndefined();
    expect(ifMatch('*')).toBeUndefined();
  });

  it.each(['v7', '"7"', '"v"', '"v-1"', '"v1", "v2"', '"v1', '', '"v9999999999999999"', '"v1e3"'])(
    'entity tags are refused when If-Match is %j',
    (header) => {
      expect(() => ifMatch(header)).toThrow(Invalid);
    },
  );
});

describe('cursors', () => {
  const Place = z.tuple([z.string(), z.uuid()]);
  const place: [string, string] = ['2026-03-02T09:00:00.000Z', '0192f3a4-5b6c-7d8e-9f00-112233445566'];

  it('cursors are decoded to the place they were made of', () => {
    expect(decodeCursor(encodeCursor(place), Place)).toEqual(place);
    expect(encodeCursor(['工单'])).toMatch(/^[\w-]+$/);
  });

  it.each([
    '',
    'not base64 !!',
    'e30',
    Buffer.from('["x","y"]').toString('base64url'),
    Buffer.from('{"__proto__":1}').toString('base64url'),
    Buffer.from([0xff, 0xfe]).toString('base64url'),
  ])('the cursor %j is refused as the mistake of the caller', (cursor) => {
    expect(() => decodeCursor(cursor, Place)).toThrow(
      expect.objectContaining({
        kind: 'invalid',
        code: 'platform/bad-cursor',
        violations: [expect.objectContaining({ pointer: '?cursor' })],
      }),
    );
  });
});
