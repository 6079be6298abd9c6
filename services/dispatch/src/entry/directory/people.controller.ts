import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Put, Query, Res } from '@nestjs/common';
import { type Actor, type Cause } from '@gongdan/kernel';
import { Answers, AnswersEmpty, CallerReach, CausedBy, Problems, Reaching, Right, Who } from '@gongdan/platform';
import { type FastifyReply } from 'fastify';
import { type z } from 'zod';
import { DirectoryDoor, readerOf } from './directory-door.js';
import { PersonBody, PersonEntries, PersonEntry, PersonId, EntriesQuery } from './directory-shapes.js';

const ETAG = { headers: { ETag: 'Version of the entry, for If-Match' } };

/** People of the directory. */
@Controller('v1/directory/people')
export class DirectoryPeopleController {
  constructor(private readonly door: DirectoryDoor) {}

  /** Lists people. The client follows `next` until it is null. */
  @Get()
  @Right('directory:read')
  @Answers(200, PersonEntries, 'People')
  async list(
    @Query({ schema: EntriesQuery }) q: z.infer<typeof EntriesQuery>,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
  ): Promise<z.infer<typeof PersonEntries>> {
    return PersonEntries.parse(await this.door.list('person', q, readerOf(who, reach)));
  }

  /** Returns a person. */
  @Get(':id')
  @Right('directory:read')
  @Answers(200, PersonEntry, 'The person', ETAG)
  @Problems({ 404: ['dispatch/no-entry'] })
  async one(
    @Param('id', { schema: PersonId }) id: string,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof PersonEntry>> {
    return PersonEntry.parse(await this.door.get('person', id, readerOf(who, reach), reply));
  }

  /** Adds or replaces a person. With If-Match only that version is replaced. */
  @Put(':id')
  @Right('directory:write')
  @Answers(200, PersonEntry, 'Changed, or so already', ETAG)
  @Answers(201, PersonEntry, 'Added', ETAG)
  @Problems({ 409: ['dispatch/stale-version'], 422: ['dispatch/empty-period'] })
  async put(
    @Param('id', { schema: PersonId }) id: string,
    @Body({ schema: PersonBody }) body: z.infer<typeof PersonBody>,
    @Headers('if-match') match: string | undefined,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof PersonEntry>> {
    return PersonEntry.parse(await this.door.put('person', id, body, { who, reach, cause, match, reply }));
  }

  /** Deletes a person with memberships, deputies and presence. Whoever leaves keeps the entry (`activeUntil`). */
  @Delete(':id')
  @HttpCode(204)
  @Right('directory:write')
  @AnswersEmpty(204, 'Deleted')
  @Problems({ 404: ['dispatch/no-entry'], 409: ['dispatch/stale-version'] })
  async remove(
    @Param('id', { schema: PersonId }) id: string,
    @Headers('if-match') match: string | undefined,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.door.remove('person', id, { who, reach, cause, match, reply });
  }
}
