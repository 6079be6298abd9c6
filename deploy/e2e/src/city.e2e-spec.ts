import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { packFolder } from '@gongdan/packs/files';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { type Client, PROJECT, publishPack, runImport, SERVICES, untilQuiet } from 'gongdan';
import { sharedClient } from './shared-stack.js';

type CityRow = Record<
  | 'SRRecordID'
  | 'ServiceRequestNum'
  | 'SRType'
  | 'MethodReceived'
  | 'CreatedDate'
  | 'SRStatus'
  | 'DueDate'
  | 'CloseDate'
  | 'Agency'
  | 'Address'
  | 'Neighborhood'
  | 'ZipCode',
  string
>;

const REAL = join(PROJECT, '../shared/data/baltimore-311.csv');

/** Makes a small file with the columns of the city's file, for machines that do not have the real one. */
function smallFile(): string {
  const header =
    'SRRecordID,ServiceRequestNum,SRType,MethodReceived,CreatedDate,SRStatus,StatusDate,DueDate,CloseDate,Agency,LastActivity,LastActivityDate,Outcome,Address,ZipCode,Neighborhood,CouncilDistrict,PoliceDistrict,PolicePost,Latitude,Longitude,GeoLocation'.split(
      ',',
    );
  const rows = Array.from({ length: 400 }, (_, i) => {
    const day = String((i % 28) + 1).padStart(2, '0');
    const month = String((i % 12) + 1).padStart(2, '0');
    const closed = i % 7 !== 0;
    return [`X${i}`, `15-${i}`, ['SW-Dirty Alley', 'SW-Bulk Scheduled', 'TRT-Traffic Signal Repairs'][i % 3], ['Phone', 'API', 'Web'][i % 3], `${month}/${day}/2015 0${(i % 9) + 1}:30:00 PM`, closed ? 'Closed' : 'Open', '', i % 11 === 0 ? '' : `${month}/${day}/2015 10:00:00 PM`, closed ? `${month}/${day}/2015 1${i % 2}:15:00 PM` : '', ['Solid Waste', 'Transportation'][i % 2], '', '', '', `${i} Main St`, '21215', 'Dorchester', '6', '', '', '39', '-77', '']; // prettier-ignore
  });
  const file = join(mkdtempSync(join(tmpdir(), 'gongdan-city-')), 'small.csv');
  writeFileSync(file, stringify([header, ...rows]));
  console.log('the city file is not on this machine: 400 generated rows are used instead');
  return file;
}

// Instants of New York computed independently of the product: daylight time lasts from the second Sunday of March to the first Sunday of
// November, from and until 2 a.m. local time.
function newYork(text: string): number {
  const m = /^(\d\d)\/(\d\d)\/(\d{4}) (\d\d):(\d\d):(\d\d) ([AP])M$/.exec(text);
  if (!m) throw new Error(text);
  const [month, day, year, h, min, s] = m.slice(1, 7).map(Number) as [number, number, number, number, number, number];
  const wall = Date.UTC(year, month - 1, day, (h % 12) + (m[7] === 'P' ? 12 : 0), min, s);
  const sunday = (mon: number, n: number) => 1 + ((7 - new Date(Date.UTC(year, mon, 1)).getUTCDay()) % 7) + (n - 1) * 7;
  const begin = Date.UTC(year, 2, sunday(2, 2), 2);
  const end = Date.UTC(year, 10, sunday(10, 1), 2);
  // A local time inside the gap of spring does not exist. It is computed with winter time, which gives an instant one hour later in summer time.
  return wall + (wall >= begin + 3_600_000 && wall < end ? 4 : 5) * 3_600_000;
}

const CHANNEL: Record<string, string> = {
  Phone: 'phone',
  API: 'api',
  Internal: 'internal',
  Mail: 'mail',
  System: 'system',
  Email: 'email',
  Web: 'web',
  Other: 'other',
};

function countBy(rows: CityRow[], key: (r: CityRow) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const r of rows) counts[key(r)] = (counts[key(r)] ?? 0) + 1;
  return counts;
}

describe('the import of a city', () => {
  let client: Client;
  let rows: CityRow[];
  const file = existsSync(REAL) ? REAL : smallFile();
  const as = { id: 'city-root', org: 'city', roles: ['admin'] };

  const stats = async (by: string): Promise<Record<string, number>> => {
    const { items } = await client.must<{ items: { key: string; total: number }[] }>(
      'reporting',
      'GET',
      `/v1/stats?by=${encodeURIComponent(by)}&zone=America/New_York`,
      { as },
    );
    return Object.fromEntries(items.map((i) => [i.key, i.total]));
  };
  // The invalid events of the journey leave gaps on the shared stack that no producer can fill.
  const quiet = () => untilQuiet(client, 360_000, SERVICES, 5);
  const importFile = () => runImport(client, { file, pack: 'city-311', mapping: join(packFolder('city-311'), 'mapping.json'), as });

  beforeAll(async () => {
    client = sharedClient();
    rows = parse<CityRow>(readFileSync(file), { columns: true, bom: true });
    await publishPack(client, 'city-311', as);
  });

  it('imports ten thousand requests, and the figures of reporting equal a recount of the file', async () => {
    const parkedBefore = (await quiet()).parked;
    const began = performance.now();
    const view = await importFile();
    expect(view).toMatchObject({ state: 'done', created: rows.length, rejected: 0, changed: 0 });
    // Rows without a date that the mapping expects are imported with a remark.
    expect(view.noted).toBe(rows.filter((r) => r.DueDate === '' || r.CloseDate === '').length);
    expect((await quiet()).parked).toBe(parkedBefore);
    console.log(`import until all five services are quiet: ${((performance.now() - began) / 1_000).toFixed(1)} s`);

    expect(await stats('all')).toEqual({ all: rows.length });
    expect(await stats('attribute.agency')).toEqual(countBy(rows, (r) => r.Agency));
    expect(await stats('category')).toEqual(countBy(rows, (r) => r.SRType));
    expect(await stats('channel')).toEqual(countBy(rows, (r) => CHANNEL[r.MethodReceived] ?? 'other'));
    expect(await stats('month')).toEqual(countBy(rows, (r) => `${r.CreatedDate.slice(6, 10)}-${r.CreatedDate.slice(0, 2)}`));

    const closed = rows.filter((r) => r.CloseDate !== '');
    const late = closed.filter((r) => r.DueDate !== '' && newYork(r.CloseDate) > newYork(r.DueDate));
    const days = closed.map((r) => (newYork(r.CloseDate) - newYork(r.CreatedDate)) / 86_400_000).sort((a, b) => a - b);
    const middle = days.length / 2;
    const median = days.length % 2 === 1 ? days[Math.floor(middle)] : ((days[middle - 1] ?? 0) + (days[middle] ?? 0)) / 2;
    const { items } = await client.must<{ items: Record<string, number>[] }>('reporting', 'GET', '/v1/stats', { as });
    expect(items[0]).toMatchObject({
      total: rows.length,
      open: rows.length - closed.length,
      closed: closed.length,
      closedAfterDue: late.length,
    });
    expect(items[0]?.['medianDaysOpen']).toBeCloseTo(median ?? 0, 9);

    // Every due date of the old system became a clock, and the outcome of those that ended follows from its own instants.
    const ended = closed.filter((r) => r.DueDate !== '').length;
    expect(items[0]).toMatchObject({ promises: ended, kept: ended - late.length });
    // No mail is sent about imported history.
    expect(await client.must('notify', 'GET', '/v1/messages', { as })).toMatchObject({ items: [] });
  });

  it('adds nothing when the file is imported again', async () => {
    const again = await importFile();
    expect(again).toMatchObject({ state: 'done', created: 0, changed: 0, rejected: 0, unchanged: rows.length });
    await quiet();
    expect(await stats('all')).toEqual({ all: rows.length });
  });
});
