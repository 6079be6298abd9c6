import { Body, Controller, Get, HttpStatus, Param, Put, Query, Res } from '@nestjs/common';
import { type Actor, type Cause } from '@gongdan/kernel';
import { Answers, CausedBy, Database, LargeBody, line, Problems, Right, SystemClock, Who } from '@gongdan/platform';
import { type FastifyReply } from 'fastify';
import { type z } from 'zod';
import { FillDirectory } from '../use-cases/directory/fill-directory.js';
import { CheckPack } from '../use-cases/packs/check-pack.js';
import { ListStaff } from '../use-cases/directory/list-staff.js';
import { ListMissing } from '../use-cases/packs/list-missing.js';
import { ListPacks } from '../use-cases/packs/list-packs.js';
import { PublishPack } from '../use-cases/packs/publish-pack.js';
import { PackAnswer, PackBody, PacksAnswer, PeopleAnswer, PublishedAnswer, UnitsAnswer, VersionQuery } from './shapes.js';

/** Publishes and reads process packs; the units and people who work by them. */
@Controller('v1')
export class PacksController {
  constructor(
    private readonly database: Database,
    private readonly clock: SystemClock,
    private readonly checkPack: CheckPack,
    private readonly publishPack: PublishPack,
    private readonly listPacks: ListPacks,
    private readonly listMissing: ListMissing,
    private readonly fillDirectory: FillDirectory,
    private readonly listStaff: ListStaff,
  ) {}

  /**
   * Publishes a version of a pack; it is in force for new tickets at once, and tickets finish on the version they began with. 400 `packs/invalid`
   * names at most 50 mistakes, each with a JSON pointer; `details.mistakes` is their number. 409 `dispatch/pack-version-taken` when the
   * version was published with other content, 409 `dispatch/pack-version-old` when a newer one is in force, 422 `dispatch/pack-too-large` and
   * `dispatch/pack-quota` by size, 422 `dispatch/pack-too-complex` when the check takes over 10 s. The answer lists the roles that nobody holds and the
   * units that nobody has: a warning.
   */
  @Put('packs/:key')
  @Right('packs:write')
  @LargeBody({ values: 50_000 })
  @Answers(200, PublishedAnswer, 'The same content is in force already')
  @Answers(201, PublishedAnswer, 'In force for new tickets')
  @Problems({
    400: ['packs/invalid', 'dispatch/other-pack'],
    409: ['dispatch/pack-version-taken', 'dispatch/pack-version-old'],
    422: ['dispatch/pack-too-large', 'dispatch/pack-quota', 'dispatch/pack-too-complex'],
    503: ['dispatch/packs-waiting'],
  })
  async publish(
    @Param('key', { schema: line(60) }) key: string,
    @Body({ schema: PackBody }) pack: z.infer<typeof PackBody>,
    @Who() who: Actor,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof PublishedAnswer>> {
    const checked = await this.checkPack.run(who.org, pack);
    const now = this.clock.now();
    const done = await this.database.transaction(async (tx) => {
      const published = await this.publishPack.run(tx, { org: who.org, key, checked, now, cause });
      if (published.created) await this.fillDirectory.run(tx, { org: who.org, packs: [published.pack.pack], now, cause });
      return published;
    });
    reply.status(done.created ? HttpStatus.CREATED : HttpStatus.OK);
    const { version } = done.pack.pack;
    const missing = await this.listMissing.run(this.database, who.org, { key, version }, now);
    return { key, version, digest: done.digest, missing };
  }

  /** Lists the newest version of each pack. `readable` is false for a pack this release cannot read: its tickets wait. */
  @Get('packs')
  @Right('packs:read')
  @Answers(200, PacksAnswer, 'Packs in force')
  async all(@Who() who: Actor): Promise<z.infer<typeof PacksAnswer>> {
    const packs = await this.listPacks.all(this.database, who.org);
    return {
      items: packs.map(({ row, pack }) => ({
        key: row.key,
        version: row.version,
        digest: row.digest,
        readable: pack !== undefined,
        ...(pack && { names: pack.pack.names, about: pack.pack.about }),
        publishedAt: row.published_at,
        publishedBy: row.published_by,
      })),
    };
  }

  /** Returns a whole pack, the newest version unless `version` names another. 503 `packs/unreadable` when this release cannot read it. */
  @Get('packs/:key')
  @Right('packs:read')
  @Answers(200, PackAnswer, 'The pack')
  @Problems({ 404: ['dispatch/no-pack'], 503: ['packs/unreadable'] })
  async one(
    @Param('key', { schema: line(60) }) key: string,
    @Query({ schema: VersionQuery }) q: z.infer<typeof VersionQuery>,
    @Who() who: Actor,
  ): Promise<z.infer<typeof PackAnswer>> {
    const { row, pack } = await this.listPacks.one(this.database, who.org, key, q.version);
    return {
      key: row.key,
      version: row.version,
      digest: row.digest,
      publishedAt: row.published_at,
      publishedBy: row.published_by,
      pack: { ...pack },
    };
  }

  /** Lists the units of the directory that take work. */
  @Get('units')
  @Right('cases:read')
  @Answers(200, UnitsAnswer, 'Units')
  async units(@Who() who: Actor): Promise<z.infer<typeof UnitsAnswer>> {
    return { items: await this.listStaff.units(this.database, who.org, this.clock.now()) };
  }

  /** Lists the active people of a unit. 404 for a unit that the directory does not have. */
  @Get('units/:unit/people')
  @Right('cases:read')
  @Answers(200, PeopleAnswer, 'People of the unit')
  async people(@Param('unit', { schema: line(120) }) unit: string, @Who() who: Actor): Promise<z.infer<typeof PeopleAnswer>> {
    return { items: await this.listStaff.people(this.database, who.org, unit, this.clock.now()) };
  }
}
