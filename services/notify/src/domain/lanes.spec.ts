import { describe, expect, it } from '@jest/globals';
import { type LaneLimits, Lanes, mailLanes } from './lanes.js';

const LIMITS: LaneLimits = { fast: 4, fastPerOrg: 3, slow: 4, slowPerOrg: 3, slowReceiversPerOrg: 2, perReceiver: 2, slowAfterMs: 2_000 };
const at = (org: string, receiver = 'r') => ({ org, receiver });

describe('lanes', () => {
  it('gives a fast lane back when an attempt ends or has no answer after two seconds', () => {
    const lanes = new Lanes(LIMITS);
    for (const id of ['a', 'b', 'c', 'd']) lanes.start(id, at('acme', id), 0);
    expect(lanes.free(0)).toBe(0);
    lanes.end('a', 100);
    expect(lanes.free(100)).toBe(1);
    expect(lanes.free(1_999)).toBe(1);
    expect(lanes.nextSlow(1_500)).toBe(500);
    expect(lanes.free(2_000)).toBe(4);
    expect(lanes.nextSlow(2_000)).toBeUndefined();
  });

  it('counts attempts per organisation and knows which organisation was served last', () => {
    const lanes = new Lanes(LIMITS);
    lanes.start('a', at('acme', 'silent'), 0);
    lanes.start('b', at('acme', 'quick'), 1_900);
    lanes.start('c', at('other'), 1_900);
    expect(lanes.load(2_000)).toEqual([
      { org: 'acme', fast: 1, atSlowReceivers: 1, lastTurn: 2 },
      { org: 'other', fast: 1, atSlowReceivers: 0, lastTurn: 3 },
    ]);
    lanes.end('c', 2_000);
    lanes.start('d', at('acme', 'quick'), 2_000);
    expect(lanes.load(2_000)).toEqual([
      { org: 'other', fast: 0, atSlowReceivers: 0, lastTurn: 3 },
      { org: 'acme', fast: 2, atSlowReceivers: 1, lastTurn: 4 },
    ]);
  });

  it('treats a receiver as slow until an attempt there ends in time', () => {
    const lanes = new Lanes(LIMITS);
    lanes.start('a', at('acme', 'host:443|x'), 0);
    lanes.end('a', 15_000);
    expect(lanes.slowReceivers(15_000)).toEqual([{ org: 'acme', receiver: 'host:443|x' }]);
    lanes.start('b', at('acme', 'host:443|x'), 16_000);
    expect(lanes.slowReceivers(16_000)).toHaveLength(1);
    lanes.end('b', 16_050);
    expect(lanes.slowReceivers(16_050)).toEqual([]);
  });

  it('ends the longest attempts of an organisation with too many of them in slow lanes', () => {
    const lanes = new Lanes(LIMITS);
    for (const [n, id] of ['a', 'b', 'c', 'd', 'e'].entries()) lanes.start(id, at('acme', id), n);
    expect(lanes.excess(1_999)).toEqual([]);
    expect(lanes.excess(3_000)).toEqual(['a', 'b']);
  });

  it('ends the longest attempts of the organisation with most of them when all slow lanes are taken', () => {
    const lanes = new Lanes(LIMITS);
    lanes.start('other', at('other'), 0);
    lanes.start('other 2', at('other'), 1);
    for (const [n, id] of ['a', 'b', 'c'].entries()) lanes.start(id, at('acme', id), 10 + n);
    expect(lanes.excess(3_000)).toEqual(['a']);
  });

  it('never treats a mail as slow, because its provider may take ten minutes to answer', () => {
    const lanes = new Lanes(mailLanes(2));
    lanes.start('a', at('acme', ''), 0);
    expect(lanes.free(600_000)).toBe(1);
    expect(lanes.nextSlow(0)).toBeUndefined();
    expect(lanes.excess(600_000)).toEqual([]);
    lanes.end('a', 600_000);
    expect(lanes.slowReceivers(600_000)).toEqual([]);
  });

  it('remembers at most 1,000 organisations and slow receivers', () => {
    const lanes = new Lanes(LIMITS);
    for (let n = 0; n < 1_500; n++) {
      lanes.start('a', at(`org ${n}`), 0);
      lanes.end('a', 2_000);
    }
    expect(lanes.load(2_000)).toHaveLength(1_000);
    expect(lanes.slowReceivers(2_000)).toHaveLength(1_000);
  });
});
