import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Put, Query, Res } from '@nestjs/common';
import { membershipId } from '@gongdan/directory';
import { type Actor, type Cause } from '@gongdan/kernel';
import { Answers, AnswersEmpty, CallerReach, CausedBy, Problems, Reaching, Right, Who } from '@gongdan/platform';
import { type FastifyReply } from 'fastify';
import { type z } from 'zod';
import { DirectoryDoor, readerOf } from './directory-door.js';
import {
  MembershipBody,
  MembershipEntries,
  MembershipEntry,
  PersonId,
  MembershipsQuery,
  shownMembership,
  UnitQuery,
} from './directory-shapes.js';

const ETAG = { headers: { ETag: 'Version of the entry, for If-Match' } };

/** Memberships of the directory. */
@Controller('v1/directory/memberships')
export class DirectoryMembershipsController {
  constructor(private readonly door: DirectoryDoor) {}

  /** Lists memberships. The client follows `next` until it is null. */
  @Get()
  @Right('directory:read')
  @Answers(200, MembershipEntries, 'Memberships')
  async list(
    @Query({ schema: MembershipsQuery }) q: z.infer<typeof MembershipsQuery>,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
  ): Promise<z.infer<typeof MembershipEntries>> {
    return MembershipEntries.parse(await this.door.list('membership', q, readerOf(who, reach), shownMembership));
  }

  /** Returns what a person is in a unit; without `unit`, in the whole organisation. */
  @Get(':person')
  @Right('directory:read')
  @Answers(200, MembershipEntry, 'The membership', ETAG)
  @Problems({ 404: ['dispatch/no-entry'] })
  async one(
    @Param('person', { schema: PersonId }) person: string,
    @Query({ schema: UnitQuery }) q: z.infer<typeof UnitQuery>,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof MembershipEntry>> {
    return MembershipEntry.parse(
      await this.door.get('membership', membershipId(person, q.unit), readerOf(who, reach), reply, shownMembership),
    );
  }

  /** Says what a person is in a unit; without `unit`, in the whole organisation. With If-Match only that version is replaced. */
  @Put(':person')
  @Right('directory:write')
  @Answers(200, MembershipEntry, 'Changed, or so already', ETAG)
  @Answers(201, MembershipEntry, 'Added', ETAG)
  @Problems({ 409: ['dispatch/stale-version'], 422: ['dispatch/unknown-person', 'dispatch/unknown-unit', 'dispatch/unknown-role'] })
  async put(
    @Param('person', { schema: PersonId }) person: string,
    @Query({ schema: UnitQuery }) q: z.infer<typeof UnitQuery>,
    @Body({ schema: MembershipBody }) body: z.infer<typeof MembershipBody>,
    @Headers('if-match') match: string | undefined,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof MembershipEntry>> {
    return MembershipEntry.parse(
      await this.door.put('membership', membershipId(person, q.unit), body, { who, reach, cause, match, reply }, shownMembership),
    );
  }

  /** Ends a membership. */
  @Delete(':person')
  @HttpCode(204)
  @Right('directory:write')
  @AnswersEmpty(204, 'Deleted')
  @Problems({ 404: ['dispatch/no-entry'], 409: ['dispatch/stale-version'] })
  async remove(
    @Param('person', { schema: PersonId }) person: string,
    @Query({ schema: UnitQuery }) q: z.infer<typeof UnitQuery>,
    @Headers('if-match') match: string | undefined,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.door.remove('membership', membershipId(person, q.unit), { who, reach, cause, match, reply });
  }
}
