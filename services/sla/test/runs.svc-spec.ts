import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dispatch } from '@gongdan/contracts';
import { newId, plusMs } from '@gongdan/kernel';
import { eventually } from '@gongdan/testing';
import { type CaseState, CITY, city, HOUR, ORG, SlaService } from './sla-service.js';

const DAY = 24 * HOUR;
const pack = { key: 'city-311', version: city.pack.version };

describe('the run of a clock', () => {
  let s: SlaService;
  beforeAll(async () => {
    s = await SlaService.start();
  });
  afterAll(() => s.close());

  /** The position of a case in the form of version 2, which tells the run. */
  const position = (state: CaseState, version: number, run: number, at: string) => ({
    case: { ...dispatch.caseOfOneTask({ step: state, state, unit: 'network', version, run }), pack },
    at,
  });
  const dispatchedIn = (ticketId: string, run: number, version: number, at: string) =>
    s.deliver(
      dispatch.TicketDispatched.of({
        org: ORG,
        ticketId,
        occurredAt: at,
        data: {
          ...position('dispatched', version, run, at),
          decision: newId(),
          rule: 'r',
          why: run === 1 ? 'routed' : 'reopened',
          hop: run,
        },
      }),
    );
  const said = (ticketId: string) =>
    s.service.emitted(ticketId).map((e) => [e.name.slice('sla.clock-'.length), (e.data as { run?: number }).run]);
  const about = (ticketId: string, occurredAt: string) => ({ org: ORG, ticketId, occurredAt });

  it('is that of the event that started it, told by each of its events until it starts again', async () => {
    const start = plusMs(s.now, -30 * DAY);
    const ticket = await s.register(start, CITY);
    await dispatchedIn(ticket, 1, 1, start);
    const [paused, resumed, closed, again] = [1, 2, 20, 21].map((days) => plusMs(start, days * DAY)) as [string, string, string, string];
    const waits = { ...position('suspended', 2, 1, paused), reasonClass: 'customer' as const, reason: 'away' };
    await s.deliver(dispatch.TicketSuspended.of({ ...about(ticket, paused), data: waits }));
    await s.deliver(dispatch.TicketResumed.of({ ...about(ticket, resumed), data: position('accepted', 3, 1, resumed) }));
    const body = { clock: 'service', by: '1d' };
    const asks = { ...position('accepted', 4, 1, resumed), id: newId(), kind: 'extend' as const, body };
    await s.deliver(dispatch.RequestAsked.of({ ...about(ticket, resumed), data: asks }));
    await s.deliver(dispatch.TicketClosed.of({ ...about(ticket, closed), data: position('closed', 5, 1, closed) }));
    await dispatchedIn(ticket, 2, 6, again);
    const cancelled = { ...position('cancelled', 7, 2, plusMs(again, HOUR)), reason: 'x' };
    await s.deliver(dispatch.TicketCancelled.of({ ...about(ticket, plusMs(again, HOUR)), data: cancelled }));
    await eventually(() => expect(said(ticket).map(([name]) => name)).toContain('cancelled'));
    // The breach fires or is told by the stop, whichever comes first.
    expect(said(ticket)).toEqual(
      expect.arrayContaining([
        ['started', 1],
        ['paused', 1],
        ['resumed', 1],
        ['extended', 1],
        ['warned', 1],
        ['breached', 1],
        ['stopped', 1],
        ['started', 2],
        ['cancelled', 2],
      ]),
    );
    const { body: listed } = await s.service.call('GET', `/v1/tickets/${ticket}/clocks`);
    expect(listed['items']).toMatchObject([{ clock: 'service', state: 'cancelled', run: 2 }]);
  });

  it('begins again in a later run although nothing ended it in the run before', async () => {
    const start = plusMs(s.now, -2 * DAY);
    const ticket = await s.register(start, CITY);
    await dispatchedIn(ticket, 1, 1, start);
    const again = plusMs(start, DAY);
    await dispatchedIn(ticket, 1, 2, plusMs(start, HOUR));
    await dispatchedIn(ticket, 2, 3, again);
    await eventually(() =>
      expect(said(ticket)).toEqual([
        ['started', 1],
        ['cancelled', 1],
        ['started', 2],
      ]),
    );
    const { body } = await s.service.call('GET', `/v1/tickets/${ticket}/clocks`);
    expect(body['items']).toMatchObject([{ clock: 'service', state: 'running', run: 2, startedAt: again, breachedAt: null }]);
    // An event of the run before that comes again begins nothing.
    await dispatchedIn(ticket, 1, 4, plusMs(again, HOUR));
    const cancelled = { ...position('cancelled', 5, 2, plusMs(again, 2 * HOUR)), reason: 'x' };
    await s.deliver(dispatch.TicketCancelled.of({ ...about(ticket, plusMs(again, 2 * HOUR)), data: cancelled }));
    await eventually(() => expect(said(ticket).slice(3)).toEqual([['cancelled', 2]]));
  });

  it('is told by what fires', async () => {
    const start = plusMs(s.now, -20 * DAY);
    const ticket = await s.register(start, CITY);
    await dispatchedIn(ticket, 3, 1, start);
    await eventually(() =>
      expect(said(ticket)).toEqual([
        ['started', 3],
        ['warned', 3],
        ['breached', 3],
      ]),
    );
  });

  it('is the first for a clock that starts with the registration', async () => {
    const imported = { ...CITY, history: { job: 'j', source: 'old', dueAt: plusMs(s.now, DAY) } };
    const ticket = await s.register(s.now, imported as never);
    await eventually(() => expect(said(ticket)).toEqual([['started', 1]]));
  });

  it('is unknown for a clock that an event of version 1 started, and for one of an older release', async () => {
    const ticket = await s.cityTicket(s.now);
    await eventually(() => expect(said(ticket)).toEqual([['started', undefined]]));
    expect((await s.service.call('GET', `/v1/tickets/${ticket}/clocks`)).body['items']).toMatchObject([{ run: null }]);
    const old = await s.register(s.now, CITY);
    await dispatchedIn(old, 2, 1, s.now);
    await eventually(() => expect(said(old)).toEqual([['started', 2]]));
    await s.service.running.app.database.run('update clocks set run = null where ticket_id = $1', [old]);
    await s.deliver(dispatch.TicketClosed.of({ ...about(old, plusMs(s.now, 1)), data: position('closed', 2, 2, plusMs(s.now, 1)) }));
    await eventually(() => expect(said(old)).toEqual([['started', 2], ['stopped', undefined]])); // prettier-ignore
  });
});
