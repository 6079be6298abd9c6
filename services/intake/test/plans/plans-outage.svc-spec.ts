import { afterEach, describe, expect, it } from '@jest/globals';
import { dispatch, PACKS, toWire } from '@gongdan/contracts';
import { type Instant, iso, ms, newId } from '@gongdan/kernel';
import { type GroupLag } from '@gongdan/messaging';
import { MemoryBus, signedBy, TestService } from '@gongdan/messaging/testing';
import { packId } from '@gongdan/packs';
import { Database } from '@gongdan/platform';
import { eventually, type TestDatabase } from '@gongdan/testing';
import { intake } from '../../src/intake.module.js';
import { aPlan, planned } from './planned-pack.js';

const DAY = 86_400_000;
const tomorrow = iso(Date.now() + DAY).slice(0, 10);
const at = (time: string): Instant => `${tomorrow}T${time}:00.000Z`;

/** A bus whose broker cannot say what is still to be read. */
class SilentBus extends MemoryBus {
  silent = false;
  override async lag(group: string, topics: readonly string[]): Promise<GroupLag[]> {
    if (this.silent) throw new Error('the broker is away');
    return super.lag(group, topics);
  }
}

describe('plans after an outage', () => {
  let running: TestService | undefined;
  let keeper: TestService | undefined;
  afterEach(async () => {
    await running?.close();
    await keeper?.close();
  });

  const start = async (bus: MemoryBus, database?: TestDatabase): Promise<TestService> => TestService.start(intake, { bus, ...(database ? { database } : {}) }); // prettier-ignore
  const published = (org: string, pack: ReturnType<typeof planned>, occurredAt: Instant) => {
    const { key, version } = pack.pack;
    return dispatch.PackPublished.of({
      org,
      ticketId: packId(org, key, version),
      occurredAt,
      data: { key, version, digest: 'x', pack: { ...pack } },
    });
  };
  const occurrencesOf = (s: TestService, org: string) =>
    s.running.app.database.rows<{ plan: string; at: string; version: number }>(
      `select k.plan, k.occurrence as at, t.pack_version as version from planned_tickets k join tickets t on t.org = k.org and t.id = k.ticket_id
       where k.org = $1 order by 2, 1`,
      [org],
    );
  const shift = (db: Database, to: Instant) => db.run('update clock_offset set offset_ms = $1', [ms(to) - Date.now()]);

  it('in which their pack was replaced follow the new version from its publication on', async () => {
    const org = newId();
    const bus = new MemoryBus();
    // Its database and its bus outlast the outage.
    keeper = await start(bus);
    const { database } = keeper;
    await keeper.deliver(published(org, planned([aPlan({ at: ['09:30', '10:30'] }), aPlan({ key: 'removed' })]), at('09:00')));
    await eventually(async () => expect(await keeper?.running.app.database.rows('select 1 from plan_points where org = $1', [org])).toHaveLength(2)); // prettier-ignore
    await keeper.running.close();
    const direct = new Database({ url: database.url, poolSize: 1, applicationName: 'outage', migrations: [] });
    await direct.connect();
    await shift(direct, at('11:00'));
    await direct.close();
    // While nobody runs the pack is replaced.
    const draft = published(org, planned([aPlan({ at: '10:45' })], 2), at('10:00'));
    const wire = toWire(
      { ...draft, id: newId(), producer: 'dispatch', seq: 1, correlationId: 'outage', actor: { id: 't' } },
      JSON.stringify(draft.data),
    );
    await bus.publish(PACKS.name, signedBy('dispatch', PACKS.name, [wire]));
    running = await start(bus, database);
    const service = running;
    await eventually(async () => expect((await occurrencesOf(service, org)).map((o) => o.version)).toContain(2));
    expect(await occurrencesOf(service, org)).toEqual([
      { plan: 'round', at: at('09:30'), version: 1 },
      { plan: 'round', at: at('10:45'), version: 2 },
    ]);
  });

  it('are registered while the broker is away, a little later', async () => {
    const org = newId();
    const bus = new SilentBus();
    keeper = await TestService.start(intake, { bus, env: { PLANS_UNHEARD_WAIT_MS: '500' } });
    const service = keeper;
    await service.deliver(published(org, planned([aPlan()]), at('10:00')));
    await eventually(async () => expect(await service.running.app.database.rows('select 1 from plan_points where org = $1', [org])).toHaveLength(1)); // prettier-ignore
    bus.silent = true;
    await shift(service.running.app.database, at('10:30'));
    await eventually(async () => expect(await occurrencesOf(service, org)).toHaveLength(1));
  });

  it('go on after a clock that jumped ahead was put right, and register nothing twice', async () => {
    const org = newId();
    const bus = new MemoryBus();
    keeper = await start(bus);
    const { database } = keeper;
    const db = keeper.running.app.database;
    await keeper.deliver(published(org, planned([aPlan()]), at('10:00')));
    await eventually(async () => expect(await db.rows('select 1 from plan_points where org = $1', [org])).toHaveLength(1));
    await shift(db, at('10:30'));
    await eventually(async () => expect(await occurrencesOf(keeper as TestService, org)).toHaveLength(1));
    const later = (days: number): Instant => iso(ms(at('10:30')) + days * DAY);
    await shift(db, later(400));
    await eventually(async () => expect((await occurrencesOf(keeper as TestService, org)).map((o) => o.at)).toContain(later(400)));
    await shift(db, later(0.5));
    running = await start(bus, database);
    await eventually(async () =>
      expect(await db.rows('select due_at from plan_points where org = $1', [org])).toEqual([{ due_at: later(1) }]),
    );
    const before = (await occurrencesOf(running, org)).length;
    await shift(db, later(1));
    await eventually(async () => expect((await occurrencesOf(running as TestService, org)).map((o) => o.at)).toContain(later(1)));
    expect(await occurrencesOf(running, org)).toHaveLength(before + 1);
  });
});
