import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Put, Query, Res } from '@nestjs/common';
import { type Actor, type Cause } from '@gongdan/kernel';
import { Answers, AnswersEmpty, CallerReach, CausedBy, Problems, Reaching, Right, Who } from '@gongdan/platform';
import { type FastifyReply } from 'fastify';
import { type z } from 'zod';
import { DirectoryDoor, readerOf } from './directory-door.js';
import { PresenceBody, PresenceEntries, PresenceEntry, PersonId, EntriesQuery } from './directory-shapes.js';

const ETAG = { headers: { ETag: 'Version of the entry, for If-Match' } };

/** Presence of the directory. */
@Controller('v1/directory/presence')
export class DirectoryPresenceController {
  constructor(private readonly door: DirectoryDoor) {}

  /** Lists presence. The client follows `next` until it is null. */
  @Get()
  @Right('directory:read')
  @Answers(200, PresenceEntries, 'Presence')
  async list(
    @Query({ schema: EntriesQuery }) q: z.infer<typeof EntriesQuery>,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
  ): Promise<z.infer<typeof PresenceEntries>> {
    return PresenceEntries.parse(await this.door.list('presence', q, readerOf(who, reach)));
  }

  /** Returns the presence of a person; 404 when nothing is known, which counts as present. */
  @Get(':person')
  @Right('directory:read')
  @Answers(200, PresenceEntry, 'The presence', ETAG)
  @Problems({ 404: ['dispatch/no-entry'] })
  async one(
    @Param('person', { schema: PersonId }) id: string,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof PresenceEntry>> {
    return PresenceEntry.parse(await this.door.get('presence', id, readerOf(who, reach), reply));
  }

  /** Says whether a person is at work: everybody for himself, others need directory:write. With If-Match only that version is replaced. */
  @Put(':person')
  @Right('directory:read')
  @Answers(200, PresenceEntry, 'Changed, or so already', ETAG)
  @Answers(201, PresenceEntry, 'Added', ETAG)
  @Problems({ 403: ['dispatch/not-yourself'], 409: ['dispatch/stale-version'], 422: ['dispatch/unknown-person'] })
  async put(
    @Param('person', { schema: PersonId }) id: string,
    @Body({ schema: PresenceBody }) body: z.infer<typeof PresenceBody>,
    @Headers('if-match') match: string | undefined,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof PresenceEntry>> {
    return PresenceEntry.parse(await this.door.put('presence', id, body, { who, reach, cause, match, reply }));
  }

  /** Deletes the presence of a person, who then counts as present. */
  @Delete(':person')
  @HttpCode(204)
  @Right('directory:read')
  @AnswersEmpty(204, 'Deleted')
  @Problems({ 403: ['dispatch/not-yourself'], 404: ['dispatch/no-entry'], 409: ['dispatch/stale-version'] })
  async remove(
    @Param('person', { schema: PersonId }) id: string,
    @Headers('if-match') match: string | undefined,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.door.remove('presence', id, { who, reach, cause, match, reply });
  }
}
