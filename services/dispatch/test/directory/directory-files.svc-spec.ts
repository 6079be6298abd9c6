import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type EventEnvelope } from '@gongdan/contracts';
import { entryStream } from '@gongdan/messaging';
import { type TestPerson } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { DispatchService } from '../dispatch-service.js';

const names = { 'zh-CN': '单位', en: 'Unit' };

describe('files of the directory', () => {
  let s: DispatchService;
  let orgs = 0;
  /** A caller of an organisation of its own. */
  const admin = (): TestPerson => ({ id: 'boss', org: `files-${(orgs += 1)}`, roles: ['admin'] });
  const call = (as: TestPerson, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    s.service.call(method, `/v1/directory/${path}`, { as, headers, ...(body === undefined ? {} : { body }) });
  const file = async (as: TestPerson, of: string, lines: string[], dryRun = false) =>
    s.service.call('POST', `/v1/directory/import?of=${of}&dryRun=${dryRun}`, {
      as,
      raw: lines.join('\r\n'),
      headers: { 'content-type': 'text/csv' },
    });
  const told = (as: TestPerson, kind: 'unit' | 'person' | 'membership' | 'deputy' | 'presence', id: string): EventEnvelope[] =>
    s.service.emitted(entryStream(as.org ?? '', kind, id));

  beforeAll(async () => {
    s = await DispatchService.start();
  });
  afterAll(() => s.service.close());

  it('applies the right rows of a file and refuses each wrong one with its line: a cycle, an unknown parent, a key twice', async () => {
    const as = admin();
    const units = ['key,name_zh,name_en,parent,latitude,longitude', 'child,子,Child,root,31.2,121.4', 'root,根,Root,,,', 'loop-a,环,Loop,loop-b,,', 'loop-b,环,Loop,loop-a,,', 'lost,失,Lost,nowhere,,', 'root,根,Again,,,', 'half,半,Half,,31.2,', '"broken']; // prettier-ignore
    const dry = await file(as, 'units', units, true);
    const answer = {
      created: 2,
      changed: 0,
      unchanged: 0,
      refused: 6,
      errors: [
        { line: 4, code: 'dispatch/unit-cycle', pointer: '/parent', detail: expect.any(String) },
        { line: 5, code: 'dispatch/unit-cycle', pointer: '/parent', detail: expect.any(String) },
        { line: 6, code: 'dispatch/unknown-parent', pointer: '/parent', detail: 'there is no unit nowhere' },
        { line: 7, code: 'dispatch/entry-twice', pointer: '', detail: 'unit root stands in line 3 already' },
        { line: 8, code: 'dispatch/bad-row', pointer: '/coordinates/longitude', detail: expect.any(String) },
        { line: 9, code: 'dispatch/bad-row', pointer: '', detail: 'opens a quote that is never closed' },
      ],
    };
    expect([dry.status, dry.body]).toEqual([200, { ...answer, dryRun: true }]);
    expect((await call(as, 'GET', 'units')).body['items']).toEqual([]);
    expect((await file(as, 'units', units)).body).toEqual({ ...answer, dryRun: false });
    expect((await call(as, 'GET', 'units')).body['items']).toMatchObject([{ key: 'child', parent: 'root' }, { key: 'root' }]);
    expect((await file(as, 'units', units)).body).toMatchObject({ created: 0, unchanged: 2 });
    const people = await file(as, 'people', ['id,name,email', 'wu,Wu,wu@example.org', 'wu,Wu again,', 'b ad,Bad,']);
    expect(people.body).toMatchObject({
      created: 1,
      errors: [
        { line: 3, code: 'dispatch/entry-twice' },
        { line: 4, code: 'dispatch/bad-row' },
      ],
    });
    const members = await file(as, 'memberships', ['person,unit,roles,skills,mon', 'wu,root,handler supervisor,gas:2 water:1,09:00-12:00 13:00-18:00', 'wu,child,wizard,,', 'xu,child,handler,,', 'wu child,,handler,,']); // prettier-ignore
    expect(members.body).toMatchObject({
      created: 1,
      errors: [
        { line: 3, code: 'dispatch/unknown-role' },
        { line: 4, code: 'dispatch/unknown-person' },
        { line: 5, code: 'dispatch/bad-row' },
      ],
    });
    expect((await call(as, 'GET', 'memberships/wu?unit=root')).body).toMatchObject({
      roles: ['handler', 'supervisor'],
      skills: { gas: 2, water: 1 },
      shift: { mon: ['09:00-12:00', '13:00-18:00'] },
    });
    await eventually(() => expect(told(as, 'membership', 'wu root')).toHaveLength(1));
    expect((await file(as, 'units', ['key,colour', 'a,red'])).body).toMatchObject({ status: 400, code: 'dispatch/bad-columns' });
  });

  it('exports what it imports: the file of one organisation fills another', async () => {
    const [from, to] = [admin(), admin()];
    const evil = { 'zh-CN': '=HYPERLINK("x")', en: '\'-quoted, with "quotes"' };
    await call(from, 'PUT', 'units/root', { names: evil, coordinates: { latitude: 31.25, longitude: -121.5 }, zone: 'Asia/Shanghai' });
    await call(from, 'PUT', 'units/child', { names, parent: 'root', closedAt: '2026-03-01T00:00:00.000Z', successor: 'root' });
    await call(from, 'PUT', 'people/wu', { name: '吴', languages: ['zh-CN', 'en'], phone: '+86 138' });
    await call(from, 'PUT', 'people/xu', { name: '徐' });
    // The file separates several values by blanks.
    expect((await call(from, 'PUT', 'people/xu', { name: '徐', languages: ['zh CN'] })).status).toBe(400);
    await call(from, 'PUT', 'memberships/wu?unit=root', { roles: ['handler'], skills: { gas: 2 }, shift: { sun: ['22:00-06:00'] } });
    await call(from, 'PUT', 'deputies/x', {
      person: 'wu',
      deputy: 'xu',
      from: '2026-03-01T00:00:00.000Z',
      until: '2026-03-02T00:00:00.000Z',
    });
    for (const of of ['units', 'people', 'memberships', 'deputies']) {
      const csv = await call(from, 'GET', `export?of=${of}`);
      expect(csv.text).not.toMatch(/"[=+]/);
      expect((await file(to, of, [csv.text])).body).toMatchObject({ refused: 0 });
      const lists = await Promise.all([call(from, 'GET', of), call(to, 'GET', of)]);
      expect(lists[1].body).toEqual(lists[0].body);
      expect((lists[0].body['items'] as unknown[]).length).toBeGreaterThan(0);
    }
  });

  it('writes nothing in a dry run, not even that there is a directory', async () => {
    const as = admin();
    expect((await file(as, 'units', ['key,name_zh,name_en', 'a,A,A'], true)).body).toMatchObject({ dryRun: true, created: 1 });
    const { database } = s.service.running.app;
    for (const table of ['directory_versions', 'directory_entries', 'directory_audit', 'ticket_event'])
      expect([table, await database.rows(`select 1 from ${table} where org = $1`, [as.org ?? ''])]).toEqual([table, []]);
  });

  it('imports 20,000 people', async () => {
    const as = admin();
    const done = await file(as, 'people', ['id,name', ...Array.from({ length: 20_000 }, (_, i) => `p${i},Person ${i}`)]);
    expect(done.body).toMatchObject({ created: 20_000, refused: 0 });
  });

  it.each<[string, (i: number) => string, object]>([
    ['a chain of 50,000 units', (i) => `u${i},U,U,${i === 0 ? '' : `u${i - 1}`}`, { created: 30, refused: 49_970 }],
    ['50,000 units under one', (i) => `u${i},U,U,${i === 0 ? '' : 'u0'}`, { created: 50_000, refused: 0 }],
    ['a cycle of 50,000 units', (i) => `u${i},U,U,u${(i + 1) % 50_000}`, { created: 0, refused: 50_000 }],
  ])('judges %s', async (_, row, expected) => {
    const as = admin();
    const rows = ['key,name_zh,name_en,parent', ...Array.from({ length: 50_000 }, (_row, i) => row(i))];
    expect((await file(as, 'units', rows, true)).body).toMatchObject(expected);
    expect((await file(as, 'units', [...rows, 'more,M,M,'])).body).toMatchObject({ status: 422, code: 'dispatch/too-many-rows' });
  });
});
