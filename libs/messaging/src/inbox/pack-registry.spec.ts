import { Controller, Module } from '@nestjs/common';
import { dispatch, type EventOf, intake } from '@gongdan/contracts';
import { newId, Unavailable } from '@gongdan/kernel';
import { type PackFormat1 as Pack } from '@gongdan/packs';
import { loadPack, packFolder } from '@gongdan/packs/files';
import { migration, serviceConfig, type ServiceDefinition } from '@gongdan/platform';
import { eventually } from '@gongdan/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestService } from '../testing.js';
import { type HandlerContext } from './event-handler.js';
import { OnEvent, OnEvents } from './on-event.js';
import { PackRegistry, packRegistryMigrations } from './pack-registry.js';
import { PackRegistryModule } from './pack-registry.module.js';

const AT = '2026-03-02T09:00:00.000Z';
const starter = loadPack(packFolder('starter'));

@Controller()
class EventsController {
  constructor(private readonly packs: PackRegistry) {}

  @OnEvents(dispatch.PackPublished)
  published(events: EventOf<typeof dispatch.PackPublished>[], { tx }: HandlerContext): Promise<void> {
    return this.packs.add(tx, events);
  }

  /** Needs the first version of the starter pack of its organisation. */
  @OnEvent(intake.TicketWithdrawn)
  async withdrawn(e: EventOf<typeof intake.TicketWithdrawn>, { tx }: HandlerContext): Promise<void> {
    if (!(await this.packs.get(e.org, 'starter', 1))) throw new Unavailable('sla/pack-not-here');
    await tx.run('insert into withdrawn (ticket_id) values ($1::uuid)', [e.ticketId]);
  }
}

@Module({ imports: [PackRegistryModule], controllers: [EventsController] })
class EventsModule {}

const definition: ServiceDefinition = {
  name: 'sla',
  module: EventsModule,
  config: serviceConfig('sla', {}),
  migrations: [...packRegistryMigrations, migration(100, 'Withdrawn', 'create table withdrawn (ticket_id uuid not null)')],
};

describe('packs of a service', () => {
  let s: TestService;
  beforeAll(async () => {
    s = await TestService.start(definition);
  });
  afterAll(() => s.close());

  const registry = (of = s) => of.running.app.nest.get(PackRegistry);
  const published = (org: string, version: number, pack: unknown) =>
    s.deliver(
      dispatch.PackPublished.of({
        org,
        ticketId: newId(),
        occurredAt: AT,
        data: { key: 'starter', version, digest: 'x', pack: pack as never },
      }),
    );
  const withVersion = (version: number, more: Partial<Pack> = {}): Pack => ({ ...starter, ...more, pack: { ...starter.pack, version } });
  const metric = async (of: TestService, what: string): Promise<number> =>
    Number(
      new RegExp(`gongdan_packs\\{what="${what}",service="sla"\\} (\\d+)`).exec(
        await (await fetch(`${of.running.url}/metrics`)).text(),
      )?.[1],
    );

  it('packs that break a rule of today still work: the service boots, is ready, and uses them', async () => {
    const old = withVersion(1, { routing: { ...starter.routing, fallback: 'a-unit-that-is-gone' } });
    await s.running.app.database.run(`insert into known_packs (org, key, version, digest, pack) values ('old', 'starter', 1, 'x', $1)`, [
      JSON.stringify(old),
    ]);
    const replica = await TestService.start(definition, { database: s.database, bus: s.bus });
    await eventually(async () => expect((await fetch(`${replica.running.url}/health/ready`)).status).toBe(200));
    expect((await registry(replica).inForce('old'))?.pack.routing.tables['main']?.fallback).toEqual({ unit: 'a-unit-that-is-gone' });
    await replica.close();
  });

  it('packs are shared with a replica of the version before, which uses the former name of the table', async () => {
    const database = s.running.app.database;
    const insert = `insert into heard_packs (org, key, version, digest, pack) values ('rolling', 'starter', $1, 'x', $2) on conflict do nothing`;
    for (const version of [1, 1, 2]) await database.run(insert, [version, JSON.stringify(withVersion(version))]);
    expect((await registry().get('rolling', 'starter', 2))?.pack.version).toBe(2);
    await published('rolling', 3, withVersion(3));
    await eventually(() => expect(registry().current('rolling')).toEqual({ key: 'starter', version: 3 }));
    expect(await database.rows(`select version from heard_packs where org = 'rolling' order by n`)).toEqual([
      { version: 1 },
      { version: 2 },
      { version: 3 },
    ]);
  });

  it('packs that cannot be read make their own tickets wait, and no others', async () => {
    await published('broken', 1, { pack: { format: 99 } });
    await published('sound', 1, withVersion(1));
    const tickets = { broken: newId(), sound: newId() };
    for (const [org, ticketId] of Object.entries(tickets))
      await s.deliver(intake.TicketWithdrawn.of({ org, ticketId, occurredAt: AT, data: { reason: 'x', withdrawnAt: AT } }));
    await eventually(async () =>
      expect(await s.running.app.database.rows('select ticket_id from withdrawn')).toContainEqual({ ticket_id: tickets.sound }),
    );
    await eventually(async () =>
      expect(
        await s.running.app.database.rows('select code, again_at is not null as again from parked_events where ticket_id = $1::uuid', [
          tickets.broken,
        ]),
      ).toEqual([{ code: 'packs/unreadable', again: true }]),
    );
    expect(await metric(s, 'unreadable')).toBe(1);
    expect((await fetch(`${s.running.url}/health/ready`)).status).toBe(200);
  });

  it('packs of twenty large versions take the memory of a few', async () => {
    const large = (version: number) => {
      const units = Array.from({ length: 8_000 }, (_, i) => ({
        key: `u${i}`,
        names: { 'zh-CN': `单位 ${version}`, en: 'A unit with a much longer English name' },
      }));
      return withVersion(version, { org: { ...starter.org, units: [...starter.org.units, ...units] } });
    };
    expect(JSON.stringify(large(1)).length).toBeGreaterThan(700_000);
    for (let version = 1; version <= 20; version++) await published('large', version, large(version));
    await eventually(() => expect(registry().current('large')).toEqual({ key: 'starter', version: 20 }));
    for (let version = 1; version <= 20; version++) expect((await registry().get('large', 'starter', version))?.pack.version).toBe(version);
    expect(await metric(s, 'cached_bytes')).toBeLessThan(4_100_000);
    expect(await metric(s, 'cached')).toBeLessThan(20);
  }, 60_000);
});
