import { Body, Controller, Get, Headers, HttpCode, Param, Post, Res } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Actor, type Cause } from '@gongdan/kernel';
import {
  Answers,
  CallerReach,
  CausedBy,
  Database,
  etagOf,
  ifMatch,
  Problems,
  Reaching,
  Right,
  SystemClock,
  TicketId,
  Who,
  Within,
} from '@gongdan/platform';
import { type FastifyReply } from 'fastify';
import { type z } from 'zod';
import { ActOnCase } from '../use-cases/cases/act-on-case.js';
import { GetCase } from '../use-cases/cases/get-case.js';
import { ListDecisions } from '../use-cases/cases/list-decisions.js';
import { RouteCase } from '../use-cases/cases/route-case.js';
import { ActionBody, CaseAnswer, DecisionsAnswer, RouteBody } from './case-shapes.js';

/** Cases: each is the run of one ticket through its process. */
@Controller('v1/cases')
export class CasesController {
  constructor(
    private readonly database: Database,
    private readonly clock: SystemClock,
    private readonly getCase: GetCase,
    private readonly listDecisions: ListDecisions,
    private readonly actOnCase: ActOnCase,
    private readonly routeCase: RouteCase,
  ) {}

  /** Returns the case with its assignments and the actions that the caller may do now. */
  @Get(':ticketId')
  @Right('cases:read')
  @Answers(200, CaseAnswer, 'The case', { headers: { ETag: 'Version of the case, for If-Match' } })
  @Problems({ 404: ['dispatch/no-case'] })
  async read(
    @TicketId('ticketId') ticketId: string,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
    @Within() scope: Scope,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof CaseAnswer>> {
    const found = await this.getCase.run(this.database, ticketId, acting(who, reach), scope, this.clock.now());
    reply.header('etag', etagOf(found.version));
    return found;
  }

  /** Lists why each unit was chosen: rule, facts, candidates, runner-up. */
  @Get(':ticketId/decisions')
  @Right('cases:read')
  @Answers(200, DecisionsAnswer, 'Oldest first')
  @Problems({ 404: ['dispatch/no-case'] })
  async decisions(
    @TicketId('ticketId') ticketId: string,
    @Who() who: Actor,
    @Within() scope: Scope,
  ): Promise<z.infer<typeof DecisionsAnswer>> {
    return { items: await this.listDecisions.run(this.database, who, scope, ticketId) };
  }

  /**
   * Does an action of the pack. With If-Match the action applies to that version only. 409 with the current case when its step does not allow the action
   * or the version differs, 403 when the caller may not do it, 422 when a rule of the pack forbids it or a field is missing.
   */
  @Post(':ticketId/actions/:action')
  @HttpCode(200)
  @Right('cases:act')
  @Answers(200, CaseAnswer, 'The case after the action', { headers: { ETag: 'Version of the case, for If-Match' } })
  @Problems({
    400: ['platform/invalid-input', 'dispatch/unexpected-fields'],
    403: ['platform/no-right', 'dispatch/not-yours'],
    404: ['dispatch/no-case', 'dispatch/no-such-action'],
    409: ['dispatch/illegal-move', 'dispatch/stale-version'],
    422: [
      'dispatch/missing-fields',
      'dispatch/guard',
      'dispatch/limit-reached',
      'dispatch/too-late',
      'dispatch/until-past',
      'dispatch/same-receiver',
      'dispatch/not-a-peer',
      'dispatch/unknown-unit',
      'dispatch/one-receiver',
    ],
  })
  async act(
    @TicketId('ticketId') ticketId: string,
    @Param('action') action: string,
    @Body({ schema: ActionBody.default({}) }) fields: z.infer<typeof ActionBody>,
    @Headers('if-match') match: string | undefined,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
    @Within() scope: Scope,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof CaseAnswer>> {
    const expectedVersion = ifMatch(match);
    const actor = acting(who, reach);
    const done = await this.database.transaction((tx) =>
      this.actOnCase.run(tx, { ticketId, action, fields, expectedVersion, actor, scope, now: this.clock.now(), cause }),
    );
    reply.header('etag', etagOf(done.version));
    return done;
  }

  /** Places an unroutable ticket in a unit. 409 for a ticket that is not unroutable, 422 for a unit that its pack does not declare. */
  @Post(':ticketId/route')
  @HttpCode(200)
  @Right('cases:supervise')
  @Answers(200, CaseAnswer, 'The case in the queue of the unit', { headers: { ETag: 'Version of the case, for If-Match' } })
  @Problems({ 404: ['dispatch/no-case'], 409: ['dispatch/illegal-move', 'dispatch/stale-version'], 422: ['dispatch/unknown-unit'] })
  async route(
    @TicketId('ticketId') ticketId: string,
    @Body({ schema: RouteBody }) body: z.infer<typeof RouteBody>,
    @Headers('if-match') match: string | undefined,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
    @Within() scope: Scope,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof CaseAnswer>> {
    const expectedVersion = ifMatch(match);
    const actor = acting(who, reach);
    const done = await this.database.transaction((tx) =>
      this.routeCase.run(tx, { ticketId, unit: body.unit, expectedVersion, actor, scope, now: this.clock.now(), cause }),
    );
    reply.header('etag', etagOf(done.version));
    return done;
  }
}

/** The caller with what the directory says of him now, in the words of a token. */
function acting(who: Actor, reach: CallerReach): Actor {
  return { ...who, roles: reach.roles, units: reach.scope('cases:act').units };
}
