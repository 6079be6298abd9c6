import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Put, Query, Res } from '@nestjs/common';
import { type Actor, type Cause } from '@gongdan/kernel';
import { Answers, AnswersEmpty, CallerReach, CausedBy, Problems, Reaching, Right, Who } from '@gongdan/platform';
import { type FastifyReply } from 'fastify';
import { type z } from 'zod';
import { DirectoryDoor, readerOf } from './directory-door.js';
import { UnitBody, UnitEntries, UnitEntry, Slug, UnitsQuery } from './directory-shapes.js';

const ETAG = { headers: { ETag: 'Version of the entry, for If-Match' } };

/** Units of the directory. */
@Controller('v1/directory/units')
export class DirectoryUnitsController {
  constructor(private readonly door: DirectoryDoor) {}

  /** Lists units. The client follows `next` until it is null. */
  @Get()
  @Right('directory:read')
  @Answers(200, UnitEntries, 'Units')
  async list(
    @Query({ schema: UnitsQuery }) q: z.infer<typeof UnitsQuery>,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
  ): Promise<z.infer<typeof UnitEntries>> {
    return UnitEntries.parse(await this.door.list('unit', q, readerOf(who, reach)));
  }

  /** Returns a unit. */
  @Get(':key')
  @Right('directory:read')
  @Answers(200, UnitEntry, 'The unit', ETAG)
  @Problems({ 404: ['dispatch/no-entry'] })
  async one(
    @Param('key', { schema: Slug }) id: string,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof UnitEntry>> {
    return UnitEntry.parse(await this.door.get('unit', id, readerOf(who, reach), reply));
  }

  /** Adds or replaces a unit. With If-Match only that version is replaced. */
  @Put(':key')
  @Right('directory:write')
  @Answers(200, UnitEntry, 'Changed, or so already', ETAG)
  @Answers(201, UnitEntry, 'Added', ETAG)
  @Problems({
    409: ['dispatch/stale-version'],
    422: ['dispatch/unknown-parent', 'dispatch/unknown-unit', 'dispatch/unit-cycle', 'dispatch/unit-too-deep'],
  })
  async put(
    @Param('key', { schema: Slug }) id: string,
    @Body({ schema: UnitBody }) body: z.infer<typeof UnitBody>,
    @Headers('if-match') match: string | undefined,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof UnitEntry>> {
    return UnitEntry.parse(await this.door.put('unit', id, body, { who, reach, cause, match, reply }));
  }

  /** Deletes a unit that nothing refers to; 422 otherwise. A unit that ends is closed (`closedAt`). */
  @Delete(':key')
  @HttpCode(204)
  @Right('directory:write')
  @AnswersEmpty(204, 'Deleted')
  @Problems({ 404: ['dispatch/no-entry'], 409: ['dispatch/stale-version'], 422: ['dispatch/entry-in-use'] })
  async remove(
    @Param('key', { schema: Slug }) id: string,
    @Headers('if-match') match: string | undefined,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.door.remove('unit', id, { who, reach, cause, match, reply });
  }
}
