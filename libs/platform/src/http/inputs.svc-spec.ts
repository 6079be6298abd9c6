import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Database } from '../database/database.js';
import { instantInput, zoneInput } from './inputs.js';
import { sampleStack } from '../sample-service.js';

// The same draws in each run; SEED=… makes others.
fc.configureGlobal({ seed: Number(process.env['SEED'] ?? 20_261_129) });

let database: Database;
beforeAll(async () => {
  database = new Database({ url: sampleStack().postgres, poolSize: 2, applicationName: 'inputs', migrations: [] });
  await database.connect();
});
afterAll(() => database.close());

const stored = async (instant: string) => (await database.one<{ at: string }>('select $1::timestamptz as at', [instant]))?.at;

it.each([
  ['2026-03-02T09:00:00+23:59', '2026-03-01T09:01:00.000Z'],
  ['2026-03-02T09:00:00-23:59', '2026-03-03T08:59:00.000Z'],
  ['2026-03-02T09:00:00.123456Z', '2026-03-02T09:00:00.123Z'],
  ['2024-02-29T00:00:00+08:00', '2024-02-28T16:00:00.000Z'],
])('reads the instant %s as %s', (text, utc) => expect(instantInput.parse(text)).toBe(utc));

it.each([
  '2026-02-30T00:00:00Z',
  '2026-03-02T24:00:00Z',
  '2026-03-02T09:00:00',
  '0000-01-01T00:00:00Z',
  '0020-01-01T00:00:00Z',
  '1900-01-01T00:00:00+01:00',
  '9999-12-31T23:59:59-01:00',
  'now',
  '',
])('refuses the instant %p', (text) => expect(instantInput.safeParse(text).success).toBe(false));

it('lets no instant through that Postgres refuses', async () => {
  const two = (max: number) => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0'));
  const text = fc
    .tuple(
      fc.integer({ min: 0, max: 9_999 }),
      two(13),
      two(32),
      two(24),
      two(60),
      two(60),
      fc.constantFrom('Z', '+', '-'),
      two(24),
      two(60),
    )
    .map(
      ([y, mo, d, h, mi, s, sign, oh, om]) =>
        `${String(y).padStart(4, '0')}-${mo}-${d}T${h}:${mi}:${s}${sign === 'Z' ? sign : `${sign}${oh}:${om}`}`,
    );
  await fc.assert(
    fc.asyncProperty(text, async (t) => {
      const parsed = instantInput.safeParse(t);
      if (parsed.success) expect(await stored(parsed.data)).toBe(parsed.data);
    }),
    { numRuns: 1_000 },
  );
});

it('takes every IANA name and alias, and Postgres knows each of them', async () => {
  const aliases = ['Asia/Kolkata', 'Asia/Calcutta', 'PRC', 'UTC', 'GMT', 'EST', 'Etc/GMT+12', 'US/Pacific', 'Europe/Kyiv', 'asia/shanghai'];
  const all = [...Intl.supportedValuesOf('timeZone'), ...aliases];
  expect(all.filter((zone) => !zoneInput.safeParse(zone).success)).toEqual([]);
  const rows = await database.rows<{ local: string }>(
    `select '2026-03-02T09:00:00Z'::timestamptz at time zone zone as local from unnest($1::text[]) as zone`,
    [all],
  );
  expect(rows).toHaveLength(all.length);
});

// ICU knows CST and IST as Chicago and India; who writes them may mean China and Israel.
it.each(['+08:00', 'Mars/Olympus', 'constructor', '', 'CST6CDT,M3.2.0', 'CST', 'ist', 'SystemV/PST8'])('refuses the zone %p', (zone) =>
  expect(zoneInput.safeParse(zone).success).toBe(false),
);
