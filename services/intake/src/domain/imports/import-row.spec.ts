import { describe, expect, it } from '@jest/globals';
import { parseMapping } from '@gongdan/packs';
import { parseInstant } from './file-instant.js';
import { attributesOf, missingColumns, readRow } from './import-row.js';

const SHANGHAI = 'Asia/Shanghai';
const NEW_YORK = 'America/New_York';
const US = 'MM/DD/YYYY hh:mm:ss A';
const CN = 'YYYY-MM-DD HH:mm:ss';

describe('an instant', () => {
  it.each([
    ['2020-05-02 10:00:00', CN, SHANGHAI, '2020-05-02T02:00:00.000Z'],
    ['  2020-05-02 10:00:00 ', CN, SHANGHAI, '2020-05-02T02:00:00.000Z'],
    ['2020-5-2 9:00:00', CN, SHANGHAI, '2020-05-02T01:00:00.000Z'],
    ['2024-02-29 00:00:00', CN, 'UTC', '2024-02-29T00:00:00.000Z'],
    // China had summer time from 1986 to 1991.
    ['1990-07-01 12:00:00', CN, SHANGHAI, '1990-07-01T03:00:00.000Z'],
    ['2020年5月2日', 'YYYY年MM月DD日', SHANGHAI, '2020-05-01T16:00:00.000Z'],
    ['2020年05月02日 08时30分15秒', 'YYYY年MM月DD日 HH时mm分ss秒', SHANGHAI, '2020-05-02T00:30:15.000Z'],
    ['2020/5/2', 'YYYY/MM/DD', SHANGHAI, '2020-05-01T16:00:00.000Z'],
    ['02.05.2020 10:00', 'DD.MM.YYYY HH:mm', 'Europe/Berlin', '2020-05-02T08:00:00.000Z'],
    ['20200502100000', 'YYYYMMDDHHmmss', SHANGHAI, '2020-05-02T02:00:00.000Z'],
    ['2020-05-02T10:00:00.250Z', 'YYYY-MM-DDTHH:mm:ss.SSSZ', SHANGHAI, '2020-05-02T02:00:00.250Z'],
    ['03/14/2017 12:00:00 AM', US, NEW_YORK, '2017-03-14T04:00:00.000Z'],
    ['03/14/2017 12:00:00 PM', US, NEW_YORK, '2017-03-14T16:00:00.000Z'],
    ['03/14/2017 01:05:09 pm', US, NEW_YORK, '2017-03-14T17:05:09.000Z'],
    ['2017-03-14 13:00', 'YYYY-MM-DD hh:mm', NEW_YORK, '2017-03-14T17:00:00.000Z'],
    // 02:30 does not exist on this day: clocks go from 02:00 to 03:00, so it is read as half an hour after the gap.
    ['03/12/2017 02:30:00 AM', US, NEW_YORK, '2017-03-12T07:30:00.000Z'],
    // 01:30 occurs twice; the first one is used.
    ['11/05/2017 01:30:00 AM', US, NEW_YORK, '2017-11-05T05:30:00.000Z'],
    ['2020-05-02T10:00:00+08:00', 'iso', NEW_YORK, '2020-05-02T02:00:00.000Z'],
    ['2020-05-02T10:00:00.123456Z', 'iso', NEW_YORK, '2020-05-02T10:00:00.123Z'],
    ['2020-05-02 10:00-0530', 'iso', NEW_YORK, '2020-05-02T15:30:00.000Z'],
    ['2020-05-02T10:00:00', 'iso', SHANGHAI, '2020-05-02T02:00:00.000Z'],
    ['2020-05-02', 'iso', SHANGHAI, '2020-05-01T16:00:00.000Z'],
  ])('is read from %s as %s in %s: %s', (text, format, zone, expected) => {
    expect(parseInstant(text, format, zone)).toBe(expected);
  });

  it.each([
    ['2020-02-30 10:00:00', CN],
    ['2021-02-29 10:00:00', CN],
    ['2020-13-01 10:00:00', CN],
    ['2020-00-10 10:00:00', CN],
    ['2020-10-00 10:00:00', CN],
    ['2020-05-02 24:00:00', CN],
    ['2020-05-02 10:60:00', CN],
    ['2020-05-02 10:00:60', CN],
    ['2020-05-02', CN],
    ['2020-05-02 10:00:00 extra', CN],
    ['20-05-02 10:00:00', CN],
    // Old systems write these for a missing date.
    ['0001-01-01 00:00:00', CN],
    ['0000-00-00 00:00:00', CN],
    ['２０２０-05-02 10:00:00', CN],
    ['-1', CN],
    ['43953', CN],
    ['', CN],
    ['13/01/2020 10:00:00 AM', US],
    ['03/14/2017 13:00:00 PM', US],
    ['03/14/2017 10:00:00', US],
    ['2020-02-30T10:00:00Z', 'iso'],
    ['2020-05-02T10:00:00+24:00', 'iso'],
    ['May 2, 2020', 'iso'],
    ['2020-05-02T10:00:00 PST', 'iso'],
    ['0001-01-01T00:00:00Z', 'iso'],
    ['9999-12-31T23:59:59-05:00', 'iso'],
  ])('is not read from %s as %s', (text, format) => {
    expect(parseInstant(text, format, SHANGHAI)).toBeUndefined();
  });

  it('ends with the year 2100 of UTC: what is later is a mistake of the file', () => {
    expect(parseInstant('12/31/2100 06:59:59 PM', US, NEW_YORK)).toBe('2100-12-31T23:59:59.000Z');
    expect(parseInstant('12/31/2100 07:00:00 PM', US, NEW_YORK)).toBeUndefined();
    expect(parseInstant('2101-01-01 07:59:59', CN, SHANGHAI)).toBe('2100-12-31T23:59:59.000Z');
    for (const late of ['2101-01-01 08:00:00', '2826-05-02 10:00:00', '9999-12-31 23:59:59'])
      expect(parseInstant(late, CN, SHANGHAI)).toBeUndefined();
  });
});

describe('a row', () => {
  const mapping = parseMapping({
    source: 'old',
    format: 'csv',
    zone: SHANGHAI,
    dateFormat: CN,
    externalKey: 'key',
    fields: {
      type: { column: 'type', map: { 投诉: 'complaint' } },
      category: { column: 'category', default: 'other' },
      channel: { column: 'channel', map: { tel: 'phone' }, default: 'web' },
      title: { column: 'title' },
      registeredAt: { column: 'at' },
      'history.closedAt': { column: 'closed' },
      'history.status': { column: 'status' },
      'place.latitude': { column: 'lat' },
      'contact.phone': { column: 'phone' },
      'attributes.account': { column: 'account' },
    },
  });
  const cells = (more: Record<string, string> = {}): Record<string, string> => ({
    key: 'K1',
    type: '投诉',
    category: 'network',
    channel: 'tel',
    title: 'x',
    at: '2020-05-02 10:00:00',
    closed: '2020-05-03 10:00:00',
    status: 'done',
    lat: '31.2',
    phone: '13800001234',
    account: 'A',
    ...more,
  });
  const mistakesOf = (more: Record<string, string>): string[] => {
    const reading = readRow(cells(more), mapping);
    return reading.ok ? [] : reading.mistakes.map((m) => m.pointer);
  };

  it('a row is read as a ticket with its history', () => {
    expect(readRow(cells(), mapping)).toEqual({
      ok: true,
      row: {
        externalKey: 'K1',
        draft: expect.objectContaining({
          type: 'complaint',
          category: 'network',
          channel: 'phone',
          title: 'x',
          place: { latitude: 31.2 },
          attributes: { account: 'A' },
        }),
        contact: { phone: '13800001234' },
        registeredAt: '2020-05-02T02:00:00.000Z',
        history: { closedAt: '2020-05-03T02:00:00.000Z', status: 'done' },
        notes: [],
      },
    });
  });

  it('a row has the default for an empty cell and for a word that is not in the map', () => {
    expect(readRow(cells({ category: '', channel: 'fax' }), mapping)).toMatchObject({
      ok: true,
      row: { draft: { category: 'other', channel: 'web' } },
    });
  });

  it('a row is kept with a note when a date is missing or before the registration', () => {
    expect(readRow(cells({ closed: '' }), mapping)).toMatchObject({
      ok: true,
      row: { history: { status: 'done' }, notes: [{ pointer: 'closed', detail: 'has no date' }] },
    });
    expect(readRow(cells({ closed: '2020-05-01 10:00:00' }), mapping)).toMatchObject({
      ok: true,
      row: { notes: [{ pointer: 'closed', detail: 'is before the registration' }] },
    });
  });

  it.each([
    [{ key: '' }, ['key']],
    [{ key: 'k'.repeat(201) }, ['key']],
    [{ key: 'a\u0000' }, ['key']],
    [{ type: '骂人' }, ['type']],
    [{ type: 'constructor' }, ['type']],
    [{ type: '' }, ['type']],
    [{ title: '' }, ['title']],
    [{ title: 'a\u0000' }, ['title']],
    [{ title: 'half \ud83d' }, ['title']],
    [{ title: 'lost \uFFFD' }, ['title']],
    [{ title: 'x'.repeat(20_001) }, ['title']],
    [{ at: '' }, ['at']],
    [{ at: 'yesterday' }, ['at']],
    [{ closed: 'yesterday' }, ['closed']],
    [{ lat: '31,2' }, ['lat']],
    [{ lat: '91' }, ['lat']],
    [{ lat: '1e400' }, ['lat']],
    [{ lat: '0x1F' }, ['lat']],
    [{ lat: '0b11' }, ['lat']],
    [{ lat: 'Infinity' }, ['lat']],
    [{ phone: '1'.repeat(41) }, ['phone']],
    [{ account: 'x'.repeat(2_001) }, ['account']],
    [{ key: '', type: 'x', title: '', at: '' }, ['type', 'title', 'at', 'key']],
  ])('a row with %j has mistakes in %j', (more, expected) => {
    expect(mistakesOf(more as Record<string, string>)).toEqual(expected);
  });

  it('a row has coordinates as numbers and addresses as texts, whatever type the mapping writes', () => {
    const place = {
      'place.area': { const: 3 },
      'place.address': { column: 'street', default: 7 },
      'place.latitude': { column: 'lat', default: '0' },
      'place.longitude': { column: 'side', map: { east: '121.5' } },
    };
    const reading = readRow(
      { ...cells({ lat: '' }), street: '', side: 'east' },
      parseMapping({ ...mapping, fields: { ...mapping.fields, ...place } }),
    );
    expect(reading).toMatchObject({ ok: true, row: { draft: { place: { area: '3', address: '7', latitude: 0, longitude: 121.5 } } } });
  });

  it('a row has a long title cut between two characters', () => {
    const reading = readRow(cells({ title: `${'长'.repeat(299)}😀` }), mapping);
    expect(reading.ok && reading.row.draft.title).toBe('长'.repeat(299));
  });

  it('a row has attributes of the types that the pack declares, and leaves what cannot be converted to be refused', () => {
    const names = { 'zh-CN': 'x', en: 'x' };
    const declared = [{ key: 'n', names, type: 'number' as const }, { key: 'b', names, type: 'boolean' as const }, { key: 't', names, type: 'text' as const }]; // prettier-ignore
    expect(attributesOf({ n: '-1.5', b: 'false', t: 3, other: 'x' }, declared)).toEqual({ n: -1.5, b: false, t: '3', other: 'x' });
    for (const kept of [{ n: 'many' }, { n: '0x1F' }, { n: '' }, { n: '1e999' }, { n: true }, { b: 'yes' }, { b: 1 }])
      expect(attributesOf(kept, declared)).toEqual(kept);
  });

  it('lists each missing column once', () => {
    expect(missingColumns(mapping, ['type', 'title', 'at', 'closed', 'status', 'lat', 'account', 'channel'])).toEqual([
      'key',
      'category',
      'phone',
    ]);
  });
});
