import { Body, Controller, Get, HttpStatus, Param, Put, Query, Res } from '@nestjs/common';
import { type Actor, type Cause } from '@gongdan/kernel';
import { Answers, CausedBy, Database, LargeBody, line, Right, SystemClock, Who } from '@gongdan/platform';
import { type FastifyReply } from 'fastify';
import { type z } from 'zod';
import { ListPacks } from '../use-cases/list-packs.js';
import { PublishPack } from '../use-cases/publish-pack.js';
import { PackAnswer, PackBody, PacksAnswer, PeopleAnswer, PublishedAnswer, UnitsAnswer, VersionQuery } from './shapes.js';

/** Process packs in force, and the directory they carry. */
@Controller('v1')
export class PacksController {
  constructor(
    private readonly database: Database,
    private readonly clock: SystemClock,
    private readonly publishPack: PublishPack,
    private readonly listPacks: ListPacks,
  ) {}

  /** Puts a version in force: 201 when it is new, 200 when the same content is in force already, 400 with a pointer per mistake. */
  @Put('packs/:key')
  @Right('packs:write')
  @LargeBody({ values: 50_000 })
  @Answers(200, PublishedAnswer, 'The same content is in force already')
  @Answers(201, PublishedAnswer, 'In force for new tickets')
  async publish(
    @Param('key', { schema: line(60) }) key: string,
    @Body({ schema: PackBody }) pack: z.infer<typeof PackBody>,
    @Who() who: Actor,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof PublishedAnswer>> {
    const done = await this.database.transaction((tx) =>
      this.publishPack.run(tx, { org: who.org, key, pack, now: this.clock.now(), cause }),
    );
    reply.status(done.created ? HttpStatus.CREATED : HttpStatus.OK);
    return { key, version: done.pack.pack.version, digest: done.digest };
  }

  /** The newest version of each pack. */
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
        names: pack.pack.names,
        about: pack.pack.about,
        publishedAt: row.published_at,
        publishedBy: row.published_by,
      })),
    };
  }

  /** A whole pack; the newest version, or the one asked for. */
  @Get('packs/:key')
  @Right('packs:read')
  @Answers(200, PackAnswer, 'The pack')
  async one(
    @Param('key', { schema: line(60) }) key: string,
    @Query({ schema: VersionQuery }) q: z.infer<typeof VersionQuery>,
    @Who() who: Actor,
  ): Promise<z.infer<typeof PackAnswer>> {
    const { row, pack } = await this.listPacks.one(this.database, who.org, key, q.version);
    return { key: row.key, version: row.version, digest: row.digest, publishedAt: row.published_at, publishedBy: row.published_by, pack };
  }

  /** Units of all packs in force. */
  @Get('units')
  @Right('cases:read')
  @Answers(200, UnitsAnswer, 'Units')
  async units(@Who() who: Actor): Promise<z.infer<typeof UnitsAnswer>> {
    return UnitsAnswer.parse({ items: await this.listPacks.units(this.database, who.org) });
  }

  /** Who belongs to a unit and may be handed a task. */
  @Get('units/:unit/people')
  @Right('cases:read')
  @Answers(200, PeopleAnswer, 'People of the unit')
  async people(@Param('unit', { schema: line(120) }) unit: string, @Who() who: Actor): Promise<z.infer<typeof PeopleAnswer>> {
    const packs = await this.listPacks.all(this.database, who.org);
    const people = new Map(
      packs.flatMap(({ pack }) => pack.org.people.filter((p) => p.units.includes(unit)).map((p) => [p.id, p] as const)),
    );
    return { items: [...people.values()].map((p) => ({ id: p.id, name: p.name, units: p.units, roles: p.roles })) };
  }
}
