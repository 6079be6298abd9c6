import { describe, expect, it } from '@jest/globals';
import { parseShift } from './clock.js';

describe('parseShift', () => {
  it.each([
    ['+3d', 259_200_000],
    ['-2h', -7_200_000],
    ['+1d12h', 129_600_000],
    ['-1w2d3h4m5s', -788_645_000],
    ['+90s', 90_000],
    ['+0s', 0],
  ])('reads the shift %s', (text, ms) => expect(parseShift(text)).toBe(ms));

  it.each(['', '3d', '+', '+d', '+3', '+3 d', '+3x', '+3d4', '+-3d', '++3d', '+3D', '+1.5h', 'reset'])('reads no shift from %j', (text) =>
    expect(parseShift(text)).toBeUndefined(),
  );
});
