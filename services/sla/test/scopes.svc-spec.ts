import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestAnswer, type TestService } from '@gongdan/messaging/testing';
import { hasRight, type RightName } from '@gongdan/platform';
import { eventually, SCOPE_CALLERS, type ScopeCaller, scopeCallerId, scopeDirectory } from '@gongdan/testing';
import { published, SlaService, starter } from './sla-service.js';

const ORG = 'scopes';

/** Each route about tickets, the right it needs, and what it answers outside of the scope. */
const ROUTES: {
  route: string;
  right: RightName;
  outside: 404 | 'without the ticket';
  path: () => string;
}[] = [
  { route: 'GET /v1/tickets/{id}/clocks', right: 'clocks:read', outside: 404, path: () => `/v1/tickets/${ticket}/clocks` },
  { route: 'GET /v1/clocks', right: 'clocks:read', outside: 'without the ticket', path: () => '/v1/clocks' },
];

let ticket: string;
let closeReplica: () => Promise<void>;

describe('rights as role × unit', () => {
  let s: TestService;

  beforeAll(async () => {
    const two = await SlaService.start();
    s = two.service;
    closeReplica = () => two.replica.close();
    await s.deliver(published(starter, ORG, two.now));
    for (const draft of scopeDirectory(ORG)) await s.deliver(draft);
    ticket = await two.register(two.now, {}, ORG);
    await two.dispatched(ticket, two.now, 'billing', ORG);
    await eventually(async () => expect(shows(await s.call('GET', '/v1/clocks', { as: { id: 'root', org: ORG } }))).toBe(true));
  });
  afterAll(() => closeReplica());

  afterAll(() => s.close());

  it('knows every route about tickets', () => {
    const { paths } = JSON.parse(readFileSync(new URL('../../../../docs/openapi/sla.json', import.meta.url), 'utf8')) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const routes = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((m) => `${m.toUpperCase()} ${path}`));
    // A new route about tickets needs a row in ROUTES, and with it an answer for everybody outside its scope.
    expect(routes.filter((r) => /tickets|clocks/.test(r)).sort()).toEqual(ROUTES.map((r) => r.route).sort());
  });

  it.each(Object.keys(SCOPE_CALLERS).flatMap((name) => ROUTES.map((r) => [name, r.route, r] as const)))('%s: %s', async (name, _, r) => {
    const { counts, sees, seesAs = counts, roles = [], units = [] } = SCOPE_CALLERS[name] as ScopeCaller;
    const answer = await s.call(r.route.split(' ')[0] ?? '', r.path(), {
      as: { id: scopeCallerId(name), org: ORG, roles, units },
    });
    const may = hasRight(counts, r.right);
    const reaches = sees && hasRight(seesAs, r.right);
    const status = !may ? 403 : !reaches && r.outside === 404 ? 404 : 200;
    expect([answer.status, answer.text.slice(0, 200)]).toEqual([status, expect.any(String)]);
    if (status === 200 && r.outside !== 404) expect(shows(answer)).toBe(reaches);
  });
});

function shows(answer: TestAnswer): boolean {
  return (answer.body['items'] as unknown[]).length > 0;
}
