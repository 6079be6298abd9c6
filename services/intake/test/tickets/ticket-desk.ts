import { dispatch } from '@gongdan/contracts';
import { type TestAnswer, type TestService } from '@gongdan/messaging/testing';
import { aTicket, AT } from '../intake-service.js';

export const idOfTicket = (a: TestAnswer): string => String(a.body['id']);
export const numbersOf = (all: TestAnswer[]): string[] => all.map((a) => String(a.body['number']));
/** Runs the work n times at once. */
export const times = <T>(n: number, work: (i: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: n }, (_, i) => work(i)));

/** What tests of tickets do through the API and events of intake. */
export function ticketDesk(s: () => TestService) {
  const post = (body: object = aTicket(), headers: Record<string, string> = {}, org = 'acme') =>
    s().call('POST', '/v1/tickets', { body, headers, as: { org } });
  const get = (path: string, org = 'acme') => s().call('GET', path, { as: { org } });
  const keyed = (key: string, body: object = aTicket(), org = 'acme') => post(body, { 'idempotency-key': key }, org);
  const ticketsTitled = async (title: string): Promise<number> =>
    (await s().running.app.database.rows('select 1 from tickets where title = $1', [title])).length;
  const accepted = (ticketId: string, org = 'acme') =>
    s().deliver(
      dispatch.TicketAccepted.of({
        org,
        ticketId,
        occurredAt: AT,
        data: { case: dispatch.caseOfOneTask({ step: 'handle', state: 'accepted', unit: 'network', version: 2 }), at: AT },
      }),
    );
  return { post, get, keyed, ticketsTitled, accepted };
}
