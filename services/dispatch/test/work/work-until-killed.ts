import { intake } from '@gongdan/contracts';
import { idOf } from '@gongdan/kernel';
import { type TestDatabase } from '@gongdan/testing';
import { DispatchService } from '../dispatch-service.js';
import { processPack, publish } from '../own-packs.js';

// A process of its own: it begins a bulk action on `NOTED` tickets and a cascade to `LINKED` ones, and kills itself when a part of each is done.
const [url = ''] = process.argv.slice(2);
const NOTED = 40;
const LINKED = 30;
const PART = 8;
const AT = '2026-03-02T02:00:00.000Z';

const s = await DispatchService.start({ database: { url, drop: () => Promise.resolve() } satisfies TestDatabase });
const { json } = processPack('p30-fault-and-incidents');
await publish(s.service, json, { 'service-desk': undefined, 'second-line': undefined });
const pack = { key: json.pack.key, version: json.pack.version };
const ticket = (type: string): Promise<string> => s.ticket({ pack, type, category: 'payment', priority: 'high' });
const handler = (unit: string) => ({ id: `at-${unit}`, roles: ['handler'], units: [unit] });
const fault = await ticket('fault');
const noted = await Promise.all(Array.from({ length: NOTED }, () => ticket('incident')));
const linked = await Promise.all(Array.from({ length: LINKED }, () => ticket('incident')));
for (const one of linked) {
  const data = { link: idOf('link', one, fault), kind: 'incident', end: 'to', as: 'incident', linkedAt: AT } as const;
  await s.service.deliver(
    intake.TicketLinked.of({ org: 'acme', ticketId: fault, occurredAt: AT, data: { ...data, other: { id: one, number: 'I' } } }),
  );
}
const { database } = s.service.running.app;
const count = async (sql: string): Promise<number> => (await database.one<{ n: number }>(`select count(*)::int as n from ${sql}`))?.n ?? 0;
while ((await count('ticket_links')) < LINKED);

const call = async (path: string, unit: string, body: object): Promise<Record<string, unknown>> => {
  const answer = await s.service.call('POST', path, { as: handler(unit), body });
  if (answer.status >= 300) throw new Error(answer.text);
  return answer.body;
};
await call(`/v1/cases/${fault}/actions/take`, 'second-line', {});
const { id } = await call('/v1/bulk', 'service-desk', { action: 'note', tickets: noted, input: { text: 'x' } });
await call(`/v1/cases/${fault}/actions/end-fault`, 'second-line', { solution: 'x', text: 'x', withIncidents: true });
process.stdout.write(JSON.stringify({ bulk: id, fault, noted, linked }));
// The bulk action is older, so its tickets come first: the cascade is in its middle when the bulk action is over, and the other way round.
const least = process.argv[3] === 'cascade' ? NOTED + PART : PART;
while ((await count("ticket_work where state <> 'waiting'")) < least);
process.kill(process.pid, 'SIGKILL');
