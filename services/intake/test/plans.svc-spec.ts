import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { dispatch } from '@gongdan/contracts';
import { type Instant, iso, ms, newId, plusMs } from '@gongdan/kernel';
import { TestService } from '@gongdan/messaging/testing';
import { packId } from '@gongdan/packs';
import { eventually } from '@gongdan/testing';
import { intake } from '../src/intake.module.js';
import { aPlan, planned } from './planned-pack.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('recurring plans', () => {
  let s: TestService;
  let replica: TestService;
  beforeAll(async () => {
    s = await TestService.start(intake);
    replica = await TestService.start(intake, { bus: s.bus, database: s.database });
  });
  afterAll(async () => {
    await replica.close();
    await s.close();
  });
  afterEach(async () => void (await shift(0)));

  const shift = (by: number) => s.running.app.database.run('update clock_offset set offset_ms = $1', [by]);
  const now = (): Instant => s.running.app.clock.now();
  /** The instant of a time of day in UTC, which is the zone of these packs, so many days from today. */
  const at = (time: string, days = 0): Instant => iso(ms(`${plusMs(now(), days * 24 * HOUR).slice(0, 10)}T${time}:00.000Z`));
  const publish = async (org: string, pack: ReturnType<typeof planned>, when = now()): Promise<void> => {
    const { key, version } = pack.pack;
    const data = { key, version, digest: 'x', pack: { ...pack } };
    await s.deliver(dispatch.PackPublished.of({ org, ticketId: packId(org, key, version), occurredAt: when, data }));
    await eventually(async () => expect(await s.running.app.database.rows('select 1 from plan_packs where org = $1 and versions ? $2', [org, String(version)])).toHaveLength(1)); // prettier-ignore
  };
  const registered = (org: string) => [...s.emitted(), ...replica.emitted()].filter((e) => e.org === org);
  const occurrencesOf = (org: string): unknown[] =>
    [...new Map(registered(org).map((e) => [e.id, e])).values()]
      .map((e) => (e.data as { plan?: { occurrence: string } }).plan?.occurrence)
      .sort();
  /** Moves the clock of the database to an instant. */
  const moveTo = async (to: Instant): Promise<void> => void (await shift(ms(to) - Date.now()));

  it('registers the ticket of an occurrence at its instant, once with two replicas', async () => {
    const org = newId();
    await publish(org, planned([aPlan({ key: 'round', at: '10:30' })]), at('00:00'));
    await moveTo(at('10:30', 1));
    await eventually(() => expect(occurrencesOf(org)).toContain(at('10:30', 1)));
    const ticket = registered(org).find((e) => (e.data as { plan?: { occurrence: string } }).plan?.occurrence === at('10:30', 1));
    expect(ticket).toMatchObject({
      name: 'intake.ticket-registered',
      seq: 1,
      actor: { id: 'system:intake' },
      data: { channel: 'plan', type: 'check', category: 'round', title: `Round of ${at('10:30', 1).slice(0, 10)}`, plan: { key: 'round' } },
    });
    const read = await s.call('GET', `/v1/tickets/${ticket?.ticketId ?? ''}`, { as: { org } });
    expect(read.body).toMatchObject({ channel: 'plan', registeredBy: 'system:intake', pack: { version: 1 } });
    expect(new Set(occurrencesOf(org)).size).toBe(occurrencesOf(org).length);
  });
});
