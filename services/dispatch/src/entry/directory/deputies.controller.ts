import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Put, Query, Res } from '@nestjs/common';
import { type Actor, type Cause } from '@gongdan/kernel';
import { Answers, AnswersEmpty, CallerReach, CausedBy, Problems, Reaching, Right, Who } from '@gongdan/platform';
import { type FastifyReply } from 'fastify';
import { type z } from 'zod';
import { DirectoryDoor, readerOf } from './directory-door.js';
import { DeputyBody, DeputyEntries, DeputyEntry, Slug, EntriesQuery } from './directory-shapes.js';

const ETAG = { headers: { ETag: 'Version of the entry, for If-Match' } };

/** Deputies of the directory. */
@Controller('v1/directory/deputies')
export class DirectoryDeputiesController {
  constructor(private readonly door: DirectoryDoor) {}

  /** Lists deputies. The client follows `next` until it is null. */
  @Get()
  @Right('directory:read')
  @Answers(200, DeputyEntries, 'Deputies')
  async list(
    @Query({ schema: EntriesQuery }) q: z.infer<typeof EntriesQuery>,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
  ): Promise<z.infer<typeof DeputyEntries>> {
    return DeputyEntries.parse(await this.door.list('deputy', q, readerOf(who, reach)));
  }

  /** Returns a deputy. */
  @Get(':id')
  @Right('directory:read')
  @Answers(200, DeputyEntry, 'The deputy', ETAG)
  @Problems({ 404: ['dispatch/no-entry'] })
  async one(
    @Param('id', { schema: Slug }) id: string,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof DeputyEntry>> {
    return DeputyEntry.parse(await this.door.get('deputy', id, readerOf(who, reach), reply));
  }

  /** Adds or replaces a deputy. With If-Match only that version is replaced. */
  @Put(':id')
  @Right('directory:write')
  @Answers(200, DeputyEntry, 'Changed, or so already', ETAG)
  @Answers(201, DeputyEntry, 'Added', ETAG)
  @Problems({
    409: ['dispatch/stale-version'],
    422: ['dispatch/unknown-person', 'dispatch/unknown-unit', 'dispatch/own-deputy', 'dispatch/empty-period'],
  })
  async put(
    @Param('id', { schema: Slug }) id: string,
    @Body({ schema: DeputyBody }) body: z.infer<typeof DeputyBody>,
    @Headers('if-match') match: string | undefined,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof DeputyEntry>> {
    return DeputyEntry.parse(await this.door.put('deputy', id, body, { who, reach, cause, match, reply }));
  }

  /** Deletes a deputy: nobody acts under this id any more. */
  @Delete(':id')
  @HttpCode(204)
  @Right('directory:write')
  @AnswersEmpty(204, 'Deleted')
  @Problems({ 404: ['dispatch/no-entry'], 409: ['dispatch/stale-version'] })
  async remove(
    @Param('id', { schema: Slug }) id: string,
    @Headers('if-match') match: string | undefined,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.door.remove('deputy', id, { who, reach, cause, match, reply });
  }
}
