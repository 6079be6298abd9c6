import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { dispatch } from '@gongdan/contracts';
import { newId, plusMs } from '@gongdan/kernel';
import { Watermarks } from '@gongdan/messaging';
import { eventually } from '@gongdan/testing';
import { caseAt, CITY, dispatched, HOUR, ORG, registration, SlaService, suspension } from './sla-service.js';

const DAY = 24 * HOUR;
/** After this wait a point fires and its breach is marked unheard; specs that must not reach it finish long before it. */
const [LONG_WAIT, SHORT_WAIT] = ['600000', '1500'];
const FIRED = ['clock-started service', 'clock-warned service eighty-percent', 'clock-breached service'];

describe('a due point whose events may still be on their way', () => {
  let s: SlaService;
  beforeAll(async () => {
    s = await SlaService.start({ env: { UNHEARD_WAIT_MS: LONG_WAIT } });
  });
  afterEach(async () => {
    s.resumeWatermarks();
    await s.shift(0);
  });
  afterAll(() => s.close());

  /** Intake and dispatch have stated everything until the instant, and sla has applied it: a ticket of the same partition that is due just before has fired. */
  async function appliedUntil(instant: string, ticket: string): Promise<void> {
    const watermarks = s.service.running.app.nest.get(Watermarks);
    let witness = newId();
    while (watermarks.partitionOf(witness) !== watermarks.partitionOf(ticket)) witness = newId();
    await s.cityTicket(plusMs(instant, -14 * DAY - 1), 'network', witness);
    await eventually(async () => {
      // Stated again: sla reads statements from its first query on, and a statement made before the events of the witness were applied does not help.
      for (const producer of ['intake', 'dispatch'] as const) await s.service.stateWatermark(producer, instant);
      expect(s.published(witness)).toEqual(FIRED);
    });
  }

  it('waits during an outage of the broker, and does not breach when the stop in time arrives after it', async () => {
    const ticket = await s.cityTicket(s.now);
    await eventually(() => expect(s.published(ticket)).toEqual(['clock-started service']));
    await s.pauseWatermarks();
    await s.shift(20 * DAY);
    // Dispatch has recorded the stop on day 10; the broker is away, so neither the stop nor a later watermark arrives.
    await appliedUntil(plusMs(s.now, 9 * DAY), ticket);
    expect(s.published(ticket)).toEqual(['clock-started service']);
    await s.closed(ticket, plusMs(s.now, 10 * DAY));
    await appliedUntil(plusMs(s.now, 20 * DAY), ticket);
    // The witness may come from the relay of the other replica, before the events of the ticket.
    await eventually(() => expect(s.published(ticket)).toEqual(['clock-started service', 'clock-stopped service']));
    expect(await s.clocksOf(ticket)).toMatchObject([{ outcome: 'met', breachedAt: null }]);
  });

  it('fires once, with its true due instant and not marked unheard, when the watermark passes it without a stop', async () => {
    const ticket = await s.cityTicket(s.now);
    await eventually(() => expect(s.published(ticket)).toEqual(['clock-started service']));
    await s.pauseWatermarks();
    await s.shift(20 * DAY);
    await appliedUntil(plusMs(s.now, 14 * DAY - 1), ticket);
    await eventually(() => expect(s.published(ticket)).toEqual(FIRED.slice(0, 2)));
    await appliedUntil(plusMs(s.now, 14 * DAY), ticket);
    await eventually(() => expect(s.published(ticket)).toEqual(FIRED));
    expect(s.dataOf(ticket, 'clock-breached')).toEqual([
      { clock: 'service', gen: 1, dueAt: plusMs(s.now, 14 * DAY), firedAt: expect.any(String) },
    ]);
  });

  const rowsOf = (table: 'gaps' | 'parked_events', ticket: string) =>
    s.service.running.app.database.rows(`select 1 from ${table} where ticket_id = $1`, [ticket]);

  async function park(ticket: string): Promise<void> {
    await s.service.running.app.database.run(
      `insert into parked_events (org, ticket_id, producer, seq, name, version, topic, partition, position, headers, kind, code, error)
       values ($1, $2, 'dispatch', 2, 'dispatch.ticket-closed', 1, 'gongdan.tickets', 0, '0', '{}', 'poison', 'test', 'parked by the test')`,
      [ORG, ticket],
    );
  }

  it('waits while an event of its ticket is missing, and applies that event before it decides', async () => {
    const ticket = await s.cityTicket(s.now);
    await eventually(() => expect(s.published(ticket)).toEqual(['clock-started service']));
    // The third event of dispatch arrives without the second, which closed the case in time.
    await s.deliver(suspension(ticket, plusMs(s.now, 11 * DAY), 3), { seq: 3 });
    await eventually(async () => expect(await rowsOf('gaps', ticket)).toHaveLength(1));
    await s.shift(20 * DAY);
    await appliedUntil(plusMs(s.now, 19 * DAY), ticket);
    expect(s.published(ticket)).toEqual(['clock-started service']);
    const at = plusMs(s.now, 10 * DAY);
    await s.deliver(dispatch.TicketClosed.of({ org: ORG, ticketId: ticket, occurredAt: at, data: caseAt('closed', 2, at) }), { seq: 2 });
    await eventually(() => expect(s.published(ticket)).toEqual(['clock-started service', 'clock-stopped service']));
    expect(await s.clocksOf(ticket)).toMatchObject([{ outcome: 'met', breachedAt: null }]);
  });

  it('waits while an event of its ticket is parked, and fires when the event is discarded', async () => {
    const ticket = await s.cityTicket(s.now);
    await eventually(() => expect(s.published(ticket)).toEqual(['clock-started service']));
    await park(ticket);
    expect(await rowsOf('parked_events', ticket)).toHaveLength(1);
    await s.shift(20 * DAY);
    await appliedUntil(plusMs(s.now, 19 * DAY), ticket);
    expect(s.published(ticket)).toEqual(['clock-started service']);
    await s.service.running.app.database.run('delete from parked_events where ticket_id = $1', [ticket]);
    await eventually(() => expect(s.published(ticket)).toEqual(FIRED));
  });

  it('a due point is counted by a gauge with its age while it waits, and its clock as overdue after it has fired', async () => {
    const ticket = await s.cityTicket(s.now);
    await eventually(() => expect(s.published(ticket)).toEqual(['clock-started service']));
    const figure = async (name: string, labels = '') => {
      const { text } = await s.service.call('GET', '/metrics', { as: null });
      const line = text.split('\n').find((l) => l.startsWith(`${name}{${labels}`));
      return Number(line?.split(' ').at(-1));
    };
    const overdue = await figure('gongdan_clocks_open', 'state="running",overdue="true"');
    await s.pauseWatermarks();
    await s.shift(20 * DAY);
    expect(await figure('gongdan_clock_points_waiting')).toBeGreaterThanOrEqual(2);
    expect(await figure('gongdan_clock_points_waiting_oldest_seconds')).toBeGreaterThanOrEqual((8 * DAY) / 1_000);
    s.resumeWatermarks();
    await eventually(() => expect(s.published(ticket)).toEqual(FIRED));
    expect(await figure('gongdan_clocks_open', 'state="running",overdue="true"')).toBeGreaterThan(overdue);
    await eventually(async () => expect(await figure('gongdan_clock_points_waiting')).toBe(0));
    expect(await figure('gongdan_clock_points_waiting_oldest_seconds')).toBe(0);
  });

  it('waits for all partitions when it was written before points had a partition', async () => {
    const ticket = await s.cityTicket(s.now);
    await eventually(() => expect(s.published(ticket)).toEqual(['clock-started service']));
    await s.service.running.app.database.run('update clock_points set part = -1 where ticket_id = $1', [ticket]);
    await s.shift(20 * DAY);
    await eventually(() => expect(s.published(ticket)).toEqual(FIRED));
  });
});

describe('a due point when the wait for its events is over', () => {
  let s: SlaService;
  beforeAll(async () => {
    s = await SlaService.start({ env: { UNHEARD_WAIT_MS: SHORT_WAIT } });
  });
  afterAll(() => s.close());

  it('fires with a breach that is marked unheard, but not while sla does not read its partition to the end', async () => {
    const replicas = [s.service, s.replica].map((one) => one.running.app.nest.get(Watermarks));
    const partitionOf = (ticket: string) => (replicas[0] as Watermarks).partitionOf(ticket);
    const lagging = await s.register(s.now, CITY);
    await s.dispatched(lagging, s.now);
    const other = async (same: boolean): Promise<string> => {
      let id = newId();
      while ((partitionOf(id) === partitionOf(lagging)) !== same) id = newId();
      await s.deliver(registration(id, s.now, CITY));
      await s.deliver(dispatched(id, s.now));
      return id;
    };
    const [blocker, witness] = [await other(true), await other(false)];
    for (const ticket of [lagging, blocker, witness])
      await eventually(async () => expect(await s.clocksOf(ticket)).toMatchObject([{ state: 'running' }]));
    await s.pauseWatermarks();
    // A transaction holds the row of a ticket: the batch with its event waits, and with it the partition.
    await s.service.running.app.database.transaction(async (tx) => {
      await tx.run('select 1 from sla_tickets where id = $1 for update', [blocker]);
      await s.suspended(blocker, plusMs(s.now, DAY));
      // The points become due only after both replicas have noticed the lag: until then the partition counts as read to its end.
      await eventually(async () => {
        const lags = await Promise.all(replicas.map((one) => one.appliedPartitions(['intake', 'dispatch'])));
        expect(lags.map((parts) => parts[partitionOf(lagging)]?.readToEndForMs)).toEqual([0, 0]);
      });
      await s.shift(20 * DAY);
      await eventually(() => expect(s.dataOf(witness, 'clock-breached')).toMatchObject([{ unheard: true }]));
      expect(s.published(lagging)).toEqual(['clock-started service']);
    });
    await eventually(() => expect(s.dataOf(lagging, 'clock-breached')).toMatchObject([{ unheard: true }]));
    expect(s.published(blocker)).toEqual(['clock-started service', 'clock-paused service']);
    await s.closed(witness, plusMs(s.now, 2 * DAY));
    await eventually(async () =>
      expect(await s.clocksOf(witness)).toMatchObject([{ outcome: 'met', breachedAt: plusMs(s.now, 14 * DAY) }]),
    );
    await s.shift(0);
  });
});
