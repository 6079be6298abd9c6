import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestAnswer, type TestService } from '@gongdan/messaging/testing';
import { hasRight, type RightName } from '@gongdan/platform';
import { eventually, reachesOrganisation, SCOPE_CALLERS, type ScopeCaller, scopeCallerId, scopeDirectory } from '@gongdan/testing';
import { dispatch } from '@gongdan/contracts';
import { newId, plusMs } from '@gongdan/kernel';
import { packId } from '@gongdan/packs';
import { MAPPING } from './imports/import-desk.js';
import { aPlan, planned } from './plans/planned-pack.js';
import { aTicket, AT, starter, startIntake } from './intake-service.js';

const ORG = 'scopes';

interface Route {
  route: string;
  right: RightName;
  path: () => string;
  body?: object;
  headers?: Record<string, string>;
  inside: number;
  /** Absent for a list or a route without a scope: it answers as inside, and a list without the ticket. */
  outside?: 404;
  isList?: boolean;
  /** The right that decides which tickets the list shows, where it is not that of the route. */
  showsBy?: RightName;
  /** About a file with tickets of every unit: only who reaches the organisation sees it. */
  ofOrganisation?: boolean;
}

// Nothing is changed: the version is wrong, and that is what nobody outside learns.
const headers = { 'if-match': '"v999"' };
const ROUTES: Route[] = [
  { route: 'POST /v1/tickets', right: 'tickets:create', inside: 201, path: () => '/v1/tickets', body: aTicket() },
  { route: 'GET /v1/tickets', right: 'tickets:read', inside: 200, isList: true, path: () => '/v1/tickets?limit=200' },
  { route: 'GET /v1/tickets/{id}', right: 'tickets:read', inside: 200, outside: 404, path: () => `/v1/tickets/${ticket}` },
  { route: 'PATCH /v1/tickets/{id}', right: 'tickets:amend', inside: 409, outside: 404, path: () => `/v1/tickets/${ticket}`, body: { title: 'x' }, headers },
  { route: 'POST /v1/tickets/{id}/withdraw', right: 'tickets:withdraw', inside: 409, outside: 404, path: () => `/v1/tickets/${ticket}/withdraw`, body: { reason: 'x' }, headers },
  { route: 'POST /v1/tickets/{id}/links', right: 'tickets:amend', inside: 422, outside: 404, path: () => `/v1/tickets/${ticket}/links`, body: { kind: 'child', to: newId() } },
  { route: 'GET /v1/tickets/{id}/links', right: 'tickets:read', inside: 200, outside: 404, path: () => `/v1/tickets/${ticket}/links` },
  { route: 'DELETE /v1/tickets/{id}/links/{link}', right: 'tickets:amend', inside: 404, outside: 404, path: () => `/v1/tickets/${ticket}/links/${newId()}` },
  { route: 'GET /v1/plans', right: 'packs:read', inside: 200, isList: true, showsBy: 'tickets:read', path: () => '/v1/plans' },
  { route: 'GET /v1/plans/{pack}/{plan}/occurrences', right: 'packs:read', inside: 404, path: () => '/v1/plans/starter/none/occurrences' },
  { route: 'POST /v1/imports', right: 'imports:run', inside: 400, path: () => '/v1/imports', body: {} },
  { route: 'PUT /v1/imports/{id}/file', right: 'imports:run', inside: 400, path: () => `/v1/imports/${job}/file` },
  { route: 'GET /v1/imports', right: 'imports:read', inside: 200, isList: true, ofOrganisation: true, path: () => '/v1/imports' },
  { route: 'GET /v1/imports/{id}', right: 'imports:read', inside: 200, outside: 404, ofOrganisation: true, path: () => `/v1/imports/${job}` },
  { route: 'GET /v1/imports/{id}/rows', right: 'imports:read', inside: 200, outside: 404, ofOrganisation: true, path: () => `/v1/imports/${job}/rows` },
  { route: 'GET /v1/imports/{id}/result.csv', right: 'imports:read', inside: 200, outside: 404, ofOrganisation: true, path: () => `/v1/imports/${job}/result.csv` },
]; // prettier-ignore

let ticket: string;
let unmoved: string;
let job: string;
let roundsTicket: string;

describe('rights as role × unit', () => {
  let s: TestService;

  beforeAll(async () => {
    s = await startIntake({ [ORG]: starter });
    for (const draft of scopeDirectory(ORG)) await s.deliver(draft);
    const as = { id: 'root', org: ORG };
    ticket = await moved('billing');
    unmoved = String((await s.call('POST', '/v1/tickets', { as, body: aTicket({ unit: 'billing' }) })).body['id']);
    job = String((await s.call('POST', '/v1/imports', { as, body: { pack: 'starter', fileName: 'x.csv', mapping: MAPPING } })).body['id']);
    expect(job).toMatch(/-/);
    const data = { key: 'rounds', version: 1, digest: 'x', pack: planned([aPlan({ ticket: { ...aPlan().ticket, unit: 'billing' } })]) };
    const occurredAt = plusMs(s.running.app.clock.now(), -86_400_000);
    await s.deliver(dispatch.PackPublished.of({ org: ORG, ticketId: packId(ORG, 'rounds', 1), occurredAt, data }));
    await eventually(async () =>
      expect((await s.running.app.database.rows("select 1 from directory_entries where kind = 'deputy'")).length).toBe(1),
    );
    roundsTicket = await eventually(async () => {
      const row = await s.running.app.database.one<{ id: string }>('select ticket_id as id from planned_tickets where org = $1', [ORG]);
      expect(row?.id).toBeDefined();
      return String(row?.id);
    });
  });

  /** A ticket in the queue of the unit, registered by another one. */
  async function moved(unit: string): Promise<string> {
    const as = { id: 'root', org: ORG };
    const id = String((await s.call('POST', '/v1/tickets', { as, body: aTicket({ unit: 'front-desk' }) })).body['id']);
    const position = dispatch.caseOfOneTask({ step: 'handle', state: 'accepted', unit, version: 2 });
    await s.deliver(dispatch.TicketAccepted.of({ org: ORG, ticketId: id, occurredAt: AT, data: { case: position, at: AT } }));
    await eventually(async () =>
      expect(await s.running.app.database.rows('select 1 from tickets where id = $1::uuid and case_unit = $2', [id, unit])).toHaveLength(1),
    );
    return id;
  }

  it('registers tickets of units that only the directory has, and of no others', async () => {
    const post = (unit: string) => s.call('POST', '/v1/tickets', { as: { id: 'root', org: ORG }, body: aTicket({ unit }) });
    expect((await post('centre')).status).toBe(201);
    expect((await post('nowhere')).body).toMatchObject({
      status: 422,
      errors: [{ pointer: '/unit', detail: "'nowhere' is not in the pack" }],
    });
  });

  it('a ticket without a unit belongs to the unit that registered it, and afterwards only to its own', async () => {
    const as = (name: string) => ({ id: scopeCallerId(name), org: ORG, roles: [], units: [] });
    const get = async (name: string, id: string) => (await s.call('GET', `/v1/tickets/${id}`, { as: as(name) })).status;
    expect([await get('handler of the unit', unmoved), await get('handler of another unit', unmoved)]).toEqual([200, 404]);
    const gone = await moved('network');
    expect([await get('handler of the unit', gone), await get('handler of another unit', gone)]).toEqual([404, 200]);
  });

  afterAll(() => s.close());

  it('knows every route about tickets', () => {
    const { paths } = JSON.parse(readFileSync(new URL('../../../../docs/openapi/intake.json', import.meta.url), 'utf8')) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const routes = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((m) => `${m.toUpperCase()} ${path}`));
    // A new route about tickets needs a row in ROUTES, and with it an answer for everybody outside its scope.
    expect(routes.filter((r) => /v1\/(tickets|imports|plans)/.test(r)).sort()).toEqual(ROUTES.map((r) => r.route).sort());
  });

  it.each(Object.keys(SCOPE_CALLERS).flatMap((name) => ROUTES.map((r) => [name, r.route, r] as const)))('%s: %s', async (name, _, r) => {
    const caller = SCOPE_CALLERS[name] as ScopeCaller;
    const { counts, roles = [], units = [] } = caller;
    const answer = await s.call(r.route.split(' ')[0] ?? '', r.path(), {
      as: { id: scopeCallerId(name), org: ORG, roles, units },
      ...(r.body === undefined ? {} : { body: r.body }),
      headers: r.headers ?? {},
    });
    const within = caller.sees && hasRight(caller.seesAs ?? counts, r.right);
    const reaches = r.ofOrganisation === true ? reachesOrganisation(caller) : within;
    const status = !hasRight(counts, r.right) ? 403 : reaches ? r.inside : (r.outside ?? r.inside);
    expect([answer.status, answer.text.slice(0, 200)]).toEqual([status, expect.any(String)]);
    const seen = r.showsBy === undefined ? reaches : caller.sees && hasRight(caller.seesAs ?? counts, r.showsBy);
    if (status === 200 && r.isList === true) expect(shows(answer)).toBe(seen);
  });
});

function shows(answer: TestAnswer): boolean {
  return [ticket, job, roundsTicket].some((id) => answer.text.includes(id));
}
