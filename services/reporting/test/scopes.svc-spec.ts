import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestAnswer, type TestService } from '@gongdan/messaging/testing';
import { hasRight, type RightName } from '@gongdan/platform';
import { eventually, SCOPE_CALLERS, type ScopeCaller, scopeCallerId, scopeDirectory } from '@gongdan/testing';
import { TestService as Service } from '@gongdan/messaging/testing';
import { reporting } from '../src/reporting.module.js';
import { dispatched, ledgerNoted, registered, subject } from './tickets.js';

const ORG = 'scopes';

/** Each route about tickets, the right it needs, and what it answers outside of the scope. */
const ROUTES: {
  route: string;
  right: RightName;
  outside: 404 | 'without the ticket';
  path: () => string;
}[] = [
  { route: 'GET /v1/tickets/{id}/history', right: 'reports:read', outside: 404, path: () => `/v1/tickets/${ticket}/history` },
  { route: 'GET /v1/search', right: 'reports:read', outside: 'without the ticket', path: () => '/v1/search?number=GD-SCOPES' },
  { route: 'GET /v1/stats', right: 'reports:read', outside: 'without the ticket', path: () => '/v1/stats?by=unit&number=GD-SCOPES' },
  { route: 'GET /v1/export.csv', right: 'reports:read', outside: 'without the ticket', path: () => '/v1/export.csv?number=GD-SCOPES' },
  {
    route: 'GET /v1/reports/ledger',
    right: 'reports:read',
    outside: 'without the ticket',
    path: () => '/v1/reports/ledger?item=GD-SCOPES',
  },
];

let ticket: string;
const aborted = new AbortController();

describe('rights as role × unit', () => {
  let s: TestService;

  beforeAll(async () => {
    s = await Service.start(reporting);
    for (const draft of scopeDirectory(ORG)) await s.deliver(draft);
    const one = subject(ORG);
    ticket = one.ticketId;
    await s.deliver(registered(one, 'GD-SCOPES'));
    await s.deliver(dispatched(one, 1, 0, 'billing'));
    await s.deliver(ledgerNoted(one, 2, 1, 'w', [{ account: 'hours', item: 'GD-SCOPES', quantity: 1 }], 'billing'));
    await eventually(async () => {
      const found = await s.call('GET', '/v1/search?unit=billing', { as: { id: 'root', org: ORG } });
      expect(shows(found)).toBe(true);
      expect(shows(await s.call('GET', '/v1/reports/ledger', { as: { id: 'root', org: ORG } }))).toBe(true);
      expect((await s.running.app.database.rows("select 1 from directory_entries where kind = 'deputy'")).length).toBe(1);
    });
  });

  it('shows live updates of reached tickets only', async () => {
    const listen = async (name: string): Promise<ReadableStreamDefaultReader<Uint8Array>> => {
      const { roles = [], units = [] } = SCOPE_CALLERS[name] as ScopeCaller;
      const token = await s.token({ id: scopeCallerId(name), org: ORG, roles, units });
      const answer = await fetch(`${s.running.url}/v1/live`, { headers: { authorization: `Bearer ${token}` }, signal: aborted.signal });
      expect([name, answer.status]).toEqual([name, 200]);
      return (answer.body as ReadableStream<Uint8Array>).getReader();
    };
    const read = {
      'handler of the unit': '',
      'handler of another unit': '',
      'supervisor of the unit above': '',
      'supervisor of the organisation': '',
    };
    for (const name of Object.keys(read) as (keyof typeof read)[]) {
      const reader = await listen(name);
      void (async () => {
        for (let next = await reader.read(); !next.done; next = await reader.read()) read[name] += new TextDecoder().decode(next.value);
      })().catch(() => undefined);
    }
    const [billing, network] = [subject(ORG), subject(ORG)];
    await eventually(async () => {
      await s.deliver(registered(billing, 'GD-B'));
      await s.deliver(dispatched(billing, 1, 0, 'billing'));
      await s.deliver(registered(network, 'GD-N'));
      await s.deliver(dispatched(network, 1, 0, 'network'));
      expect(read['supervisor of the organisation']).toMatch(/GD-B[^]*GD-N/);
      expect(read['handler of another unit']).toContain('GD-N');
    });
    expect(read['handler of the unit']).toContain('GD-B');
    expect(read['supervisor of the unit above']).toContain('GD-B');
    expect(read['handler of the unit']).not.toContain('GD-N');
    expect(read['handler of another unit']).not.toContain('GD-B');
    aborted.abort();
  });

  afterAll(() => s.close());

  it('knows every route about tickets', () => {
    const { paths } = JSON.parse(readFileSync(new URL('../../../../docs/openapi/reporting.json', import.meta.url), 'utf8')) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const routes = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((m) => `${m.toUpperCase()} ${path}`));
    // A new route about tickets needs a row in ROUTES, and with it an answer for everybody outside its scope.
    expect(routes.filter((r) => /tickets|search|stats|export|reports/.test(r)).sort()).toEqual(ROUTES.map((r) => r.route).sort());
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
  return answer.text.includes('GD-SCOPES') || (answer.body['items'] as { total?: number }[] | undefined)?.[0]?.total === 1;
}
