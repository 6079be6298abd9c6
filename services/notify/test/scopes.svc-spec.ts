import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestAnswer, type TestService } from '@gongdan/messaging/testing';
import { hasRight, type RightName } from '@gongdan/platform';
import { eventually, SCOPE_CALLERS, type ScopeCaller, scopeCallerId, scopeDirectory } from '@gongdan/testing';
import { dispatch } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { aTicket, AT, messagesOf, publishPack, startNotify } from './notify-service.js';

const ORG = 'scopes';

/** Each route about tickets, the right it needs, and what it answers outside of the scope. */
const ROUTES: {
  route: string;
  right: RightName;
  outside: 404 | 'without the ticket';
  path: () => string;
}[] = [
  { route: 'GET /v1/messages', right: 'messages:read', outside: 'without the ticket', path: () => `/v1/messages?ticketId=${ticket}` },
  { route: 'GET /v1/messages/{id}', right: 'messages:read', outside: 404, path: () => `/v1/messages/${message}` },
];

let ticket: string;
let message: string;

describe('rights as role × unit', () => {
  let s: TestService;

  beforeAll(async () => {
    s = await startNotify('smtp://127.0.0.1:1');
    await publishPack(s, ORG);
    for (const draft of scopeDirectory(ORG)) await s.deliver(draft);
    const { ticketId, draft } = aTicket({}, ORG);
    ticket = ticketId;
    await s.deliver(draft);
    const position = dispatch.caseOfOneTask({ step: 'handling', state: 'dispatched', unit: 'billing', version: 1 });
    const data = { case: position, at: AT, decision: newId(), rule: 'r', why: 'routed' as const, hop: 1 };
    await s.deliver(dispatch.TicketDispatched.of({ org: ORG, ticketId, occurredAt: AT, data }));
    await eventually(async () => {
      const found = await s.call('GET', `/v1/messages?ticketId=${ticketId}`, { as: { id: 'root', org: ORG } });
      message = String((found.body['items'] as { id: string }[])[0]?.id);
      expect(shows(found)).toBe(true);
    });
    expect(await messagesOf(s, ticketId)).toEqual([]);
  });

  afterAll(() => s.close());

  it('knows every route about tickets', () => {
    const { paths } = JSON.parse(readFileSync(new URL('../../../../docs/openapi/notify.json', import.meta.url), 'utf8')) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const routes = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((m) => `${m.toUpperCase()} ${path}`));
    // A new route about tickets needs a row in ROUTES, and with it an answer for everybody outside its scope.
    expect(routes.filter((r) => /messages/.test(r)).sort()).toEqual(ROUTES.map((r) => r.route).sort());
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
