import { describe, expect, it } from '@jest/globals';
import { TICKET_STATES } from '@gongdan/contracts';
import { PUBLIC_STATES, publicState, readNumber, readTail, tailMatches } from './public-status.js';

describe('the public status', () => {
  it('shows a public state for every state of a case', () => {
    for (const state of TICKET_STATES) expect(PUBLIC_STATES).toContain(publicState('registered', state));
    expect(publicState('registered', 'unroutable')).toBe('received');
    expect(publicState('registered', null)).toBe('received');
    // A state that intake does not know is work, or the end of it.
    expect([publicState('taken', 'embalmed'), publicState('closed', 'embalmed'), publicState('taken', 'constructor')]).toEqual([
      'in_progress',
      'closed',
      'in_progress',
    ]);
    expect(publicState('withdrawn', 'accepted')).toBe('withdrawn');
  });

  it.each([
    ['5678', '5678'],
    [' 5678 ', '5678'],
    ['５６７８', '5678'],
    ['138 0013-5678', '13800135678'],
    ['+86 138 0013 5678', '8613800135678'],
    ['567', undefined],
    ['abcd', undefined],
    ['', undefined],
    ["' or", undefined],
    [undefined, undefined],
    ['1'.repeat(21), undefined],
  ])('reads the tail %j as %j', (text, tail) => {
    expect(readTail(text)).toBe(tail);
  });

  it.each([
    [' GD202603000001 ', 'GD202603000001'],
    ['\u3000ＧＤ２０２６０３０００００１\u00a0', 'ＧＤ２０２６０３０００００１'],
    ['x'.repeat(61), ''],
    ['a\u0000', ''],
  ])('reads the number %j as %j', (text, number) => {
    expect(readNumber(text)).toBe(number);
  });

  it.each([
    ['5678', '13800135678', false, true],
    ['5678', '13800135678', true, false],
    ['00135678', '13800135678', true, true],
    ['13800135678', '+86 138-0013-5678', true, true],
    ['0135678', '13800135678', true, false],
    ['65529988', '6552-9988', true, true],
    ['12345', '12345', true, true],
    ['2345', '12345', true, false],
    ['5679', '13800135678', false, false],
    ['1234', '', false, false],
  ])('opens by the tail %s of %s (guessed: %s): %s', (tail, phone, guessed, opens) => {
    expect(tailMatches(tail, { phone }, guessed)).toBe(opens);
  });
});
