import { describe, expect, it } from '@jest/globals';
import { compileCalendar } from '@gongdan/business-time';
import { type Compiled } from '../model/compiled.js';
import { after } from './durations.js';

const calendar = compileCalendar({
  key: 'office',
  zone: 'Asia/Shanghai',
  hours: { mon: ['09:00-18:00'], tue: ['09:00-18:00'], wed: ['09:00-18:00'], thu: ['09:00-18:00'], fri: ['09:00-18:00'] },
  holidays: ['CN'],
});
const pack = { calendar, zone: 'Asia/Shanghai' } as Compiled;

describe('the end of a length of time', () => {
  it.each([
    ['30min', '2026-02-13T02:30:00.000Z'],
    ['4h', '2026-02-13T06:00:00.000Z'],
    ['1d', '2026-02-14T02:00:00.000Z'],
    ['1mo', '2026-03-13T02:00:00.000Z'],
    // Saturday 14 February is a make-up working day; its end is the midnight after it (processes.md, conventions).
    ['1wd', '2026-02-14T16:00:00.000Z'],
    // The Spring Festival holiday lasts until 23 February.
    ['2wd', '2026-02-24T16:00:00.000Z'],
  ])('of %s from Friday 13 February 2026, 10:00 in Shanghai, is %s', (length, end) => {
    expect(after(pack, '2026-02-13T02:00:00.000Z', length)).toBe(end);
  });

  it('throws for a text that is no length of time', () => {
    expect(() => after(pack, '2026-02-13T02:00:00.000Z', 'soon')).toThrow(TypeError);
  });
});
