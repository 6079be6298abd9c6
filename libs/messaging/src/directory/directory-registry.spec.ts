import { Controller, Module } from '@nestjs/common';
import { directory, type EventDraft } from '@gongdan/contracts';
import { type Database, serviceConfig, type ServiceDefinition } from '@gongdan/platform';
import { eventually } from '@gongdan/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type HandlerContext } from '../inbox/event-handler.js';
import { OnEvents } from '../inbox/on-event.js';
import { TestService } from '../testing.js';
import { type DirectoryEvent, entryStream, eventOf } from './directory-events.js';
import { DirectoryRegistry } from './directory-registry.js';
import { DirectoryRegistryModule } from './directory-registry.module.js';
import { directoryMigrations, DirectorySnapshots } from './directory-snapshots.js';

const AT = '2026-03-02T09:00:00.000Z';
const names = { 'zh-CN': '单位', en: 'Unit' };

@Controller()
class EventsController {
  constructor(private readonly directories: DirectoryRegistry) {}

  @OnEvents(...directory.DIRECTORY_EVENTS)
  changed(events: DirectoryEvent[], { tx }: HandlerContext): Promise<void> {
    return this.directories.add(tx, events);
  }
}

@Module({ imports: [DirectoryRegistryModule], controllers: [EventsController] })
class EventsModule {}

const definition: ServiceDefinition = {
  name: 'sla',
  module: EventsModule,
  config: serviceConfig('sla', {}),
  migrations: directoryMigrations,
};

describe('the directory of a service that hears it', () => {
  let s: TestService;
  let replica: TestService;
  beforeAll(async () => {
    s = await TestService.start(definition);
    replica = await TestService.start(definition, { bus: s.bus, database: s.database });
  });
  afterAll(async () => {
    await replica.close();
    await s.close();
  });

  const of = (org: string, service = s) => service.running.app.nest.get(DirectoryRegistry).of(org);
  const unit = (org: string, key: string, value?: { parent?: string }): EventDraft =>
    eventOf(org, { kind: 'unit', id: key, value: value && { names, ...value } }, AT);

  it('is empty for an organisation of which nothing was heard, without a statement', async () => {
    const { database } = s.running.app;
    const before = database.statements;
    expect((await of('nobody')).unit('a')).toBeUndefined();
    expect(database.statements - before).toBeLessThanOrEqual(1);
  });

  it('has what was heard of each kind, each event delivered twice, on every replica', async () => {
    for (const draft of [
      unit('kinds', 'a', {}),
      eventOf('kinds', { kind: 'person', id: 'wu', value: { name: 'Wu', contactSealed: 'v1.x.y' } }, AT),
      eventOf('kinds', { kind: 'person', id: 'xu', value: { name: 'Xu' } }, AT),
      eventOf('kinds', { kind: 'membership', id: 'wu a', value: { roles: ['handler'], skills: { gas: 2 } } }, AT),
      eventOf('kinds', { kind: 'membership', id: 'xu', value: { roles: ['supervisor'] } }, AT),
      eventOf('kinds', { kind: 'deputy', id: 'd', value: { person: 'wu', deputy: 'xu', from: AT, until: '2026-03-03T00:00:00.000Z' } }, AT),
      eventOf('kinds', { kind: 'presence', id: 'wu', value: { state: 'absent' } }, AT),
    ])
      await s.deliver(draft);
    for (const service of [s, replica])
      await eventually(async () => {
        const d = await of('kinds', service);
        expect(d.rolesOf('wu', 'a', AT)).toEqual(['handler']);
        expect(d.skillOf('wu', 'gas', AT)).toBe(2);
        expect(d.membersWith(undefined, 'supervisor', AT)).toEqual(['xu']);
        expect(d.deputyOf('wu', AT)).toBe('xu');
        expect(d.isAbsent('wu', AT)).toBe(true);
        expect(d.person('wu')?.contactSealed).toBe('v1.x.y');
      });
  });

  it('forgets what was deleted, and takes the newest of several changes that come at once', async () => {
    await s.deliver(unit('newest', 'a', {}));
    await s.deliver(unit('newest', 'b', { parent: 'a' }));
    await eventually(async () => expect((await of('newest')).parentOf('b')).toBe('a'));
    await s.deliver(unit('newest', 'b', {}));
    await s.deliver(unit('newest', 'a'));
    for (const service of [s, replica])
      await eventually(async () => {
        const d = await of('newest', service);
        expect([d.unit('a'), d.parentOf('b'), d.unit('b')?.key]).toEqual([undefined, undefined, 'b']);
      });
  });

  it('knows who was deleted until he is entered again', async () => {
    const person = (value?: { name: string }) => eventOf('erased', { kind: 'person', id: 'wu', value }, AT);
    const isDeleted = async (service: TestService) => (await of('erased', service)).isDeleted('wu');
    expect(await isDeleted(s)).toBe(false);
    for (const [value, expected] of [
      [{ name: 'Wu' }, false],
      [undefined, true],
      [{ name: 'Wu' }, false],
    ] as const) {
      await s.deliver(person(value));
      for (const service of [s, replica]) await eventually(async () => expect(await isDeleted(service)).toBe(expected));
    }
  });

  it('accepts a jump in seq, because the topic is compacted, and drops an older message that comes late', async () => {
    const draft = (parent: string) => unit('jump', 'x', { parent });
    await s.deliver(unit('jump', 'p', {}));
    await s.deliver(unit('jump', 'q', {}));
    await s.deliver(draft('p'), { seq: 5 });
    await s.deliver(draft('q'), { seq: 3 });
    await s.deliver(unit('jump', 'last', {}));
    await eventually(async () => expect((await of('jump')).unit('last')).toBeDefined());
    expect((await of('jump')).parentOf('x')).toBe('p');
    expect(entryStream('jump', 'unit', 'x')).not.toBe(entryStream('jump', 'person', 'x'));
  });
});

describe('snapshots of a directory', () => {
  let s: TestService;
  let db: Database;
  beforeAll(async () => {
    s = await TestService.start(definition);
    db = s.running.app.database;
  });
  afterAll(() => s.close());

  const write = async (org: string, key: string, value: object | null) => {
    await db.transaction(async (tx) => {
      await tx.run('insert into directory_versions (org, version) values ($1, 0) on conflict do nothing', [org]);
      const row = await tx.one<{ version: number }>(
        'update directory_versions set version = version + 1 where org = $1 returning version',
        [org],
      );
      await tx.run(
        `insert into directory_entries (org, kind, id, version, changed, entry) values ($1, 'unit', $2, 1, $3, $4)
         on conflict (org, kind, id) do update set version = directory_entries.version + 1, changed = excluded.changed, entry = excluded.entry`,
        [org, key, row?.version ?? 0, value === null ? null : JSON.stringify(value)],
      );
    });
  };

  it('costs no statement where the caller has read the version, and reads only what changed otherwise', async () => {
    const snapshots = new DirectorySnapshots();
    await write('cost', 'a', { names });
    const { version, directory: first } = await snapshots.at(db, 'cost');
    const statements = db.statements;
    expect(await snapshots.directory(db, 'cost', version)).toBe(first);
    // Other parts of the service use the database, too; this question must not.
    expect(db.statements - statements).toBeLessThanOrEqual(1);
    await write('cost', 'b', { names, parent: 'a' });
    const { directory: second } = await snapshots.at(db, 'cost', version + 1);
    expect([first.unit('b'), second.parentOf('b')]).toEqual([undefined, 'a']);
  });

  it('is never older than the version asked for while many ask and many change', async () => {
    const snapshots = new DirectorySnapshots();
    let written = 0;
    const changing = (async () => {
      for (let i = 1; i <= 60; i += 1) {
        await write('race', `u${i % 7}`, i % 5 === 0 ? null : { names, code: `C${i}` });
        written = i;
      }
    })();
    const asking = Array.from({ length: 8 }, async () => {
      while (written < 60) {
        // A known version is answered without waiting for anything, and the loop would let nobody else run.
        await new Promise(setImmediate);
        const least = written;
        const seen = await snapshots.at(db, 'race', least);
        expect(seen.version).toBeGreaterThanOrEqual(least);
        // What the version says is what the table said at that version: change i wrote C<i>, or deleted.
        const newest = seen.version;
        expect(seen.directory.unit(`u${newest % 7}`)?.code).toBe(newest % 5 === 0 ? undefined : `C${newest}`);
      }
    });
    await Promise.all([changing, ...asking]);
  });

  it('keeps the organisations that were used last when there are too many entries', async () => {
    const snapshots = new DirectorySnapshots(6);
    for (const org of ['l1', 'l2', 'l3']) {
      for (const key of ['a', 'b']) await write(org, key, { names });
      await snapshots.at(db, org);
    }
    expect(snapshots.size).toEqual({ organisations: 2, entries: 6 });
    expect((await snapshots.directory(db, 'l1')).unit('b')?.key).toBe('b');
    expect(snapshots.size.organisations).toBe(2);
  });
});
