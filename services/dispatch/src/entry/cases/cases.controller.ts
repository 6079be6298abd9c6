import { Body, Controller, Get, Headers, HttpCode, Param, Post, Res } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Actor, type Cause, type Instant } from '@gongdan/kernel';
import { Answers, CausedBy, Database, etagOf, ifMatch, line, Problems, Right, SystemClock, TicketId, Who, Within } from '@gongdan/platform';
import { type FastifyReply } from 'fastify';
import { z } from 'zod';
import { ActOnCase, type Acted, type ActOnCaseCommand } from '../../use-cases/cases/act-on-case.js';
import { GetCase } from '../../use-cases/cases/get-case.js';
import { RepackCase } from '../../use-cases/cases/repack-case.js';
import { ListDecisions } from '../../use-cases/cases/list-decisions.js';
import { ActionBody, CaseAnswer, DecisionsAnswer, RepackBody, RouteBody } from './case-shapes.js';
import { idempotencyKey } from './idempotency-key.js';

const ETAG = { headers: { ETag: 'Version of the task, for If-Match', 'idempotency-replayed': '`true` for a repetition' } };
const TaskNo = z.coerce.number().int().min(1).max(2_000_000_000);
const REFUSALS = {
  400: ['platform/invalid-input', 'platform/bad-if-match', 'dispatch/bad-idempotency-key', 'dispatch/unexpected-fields'],
  403: ['platform/no-right', 'dispatch/not-yours', 'dispatch/level-reserved', 'dispatch/outsider'],
  404: ['dispatch/no-case', 'dispatch/no-such-action'],
  409: [
    'dispatch/not-yet',
    'dispatch/illegal-move',
    'dispatch/stale-version',
    'dispatch/guard',
    'dispatch/limit-reached',
    'dispatch/which-task',
    'dispatch/task-ended',
    'dispatch/blocked',
    'dispatch/field-locked',
    'dispatch/one-way',
    'dispatch/nothing-before',
    'dispatch/no-hop-below',
    'dispatch/too-many-tasks',
    'dispatch/at-capacity',
  ],
  422: [
    'dispatch/missing-fields',
    'dispatch/invalid-fields',
    'dispatch/same-receiver',
    'dispatch/unknown-unit',
    'dispatch/unknown-class',
    'dispatch/until-past',
    'dispatch/nobody',
    'dispatch/idempotency-key-reused',
  ],
};

/** Cases: each is the run of one ticket through its process. */
@Controller('v1/cases')
export class CasesController {
  constructor(
    private readonly database: Database,
    private readonly clock: SystemClock,
    private readonly getCase: GetCase,
    private readonly listDecisions: ListDecisions,
    private readonly actOnCase: ActOnCase,
    private readonly repackCase: RepackCase,
  ) {}

  /** Returns the case with its open tasks, its assignments and the actions that the caller may do now. */
  @Get(':ticketId')
  @Right('cases:read')
  @Answers(200, CaseAnswer, 'The case', { headers: { ETag: 'Version of the lead task, for If-Match' } })
  @Problems({ 404: ['dispatch/no-case'] })
  async read(
    @TicketId('ticketId') ticketId: string,
    @Who() who: Actor,
    @Within() scope: Scope,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof CaseAnswer>> {
    const found = await this.getCase.run(this.database, ticketId, who, scope, this.clock.now());
    reply.header('etag', etagOf(found.version));
    return found.view;
  }

  /** Lists why each holder was chosen: rule, facts, candidates, runner-up. */
  @Get(':ticketId/decisions')
  @Right('cases:read')
  @Answers(200, DecisionsAnswer, 'Oldest first')
  @Problems({ 404: ['dispatch/no-case'] })
  async decisions(
    @TicketId('ticketId') ticketId: string,
    @Who() who: Actor,
    @Within() scope: Scope,
  ): Promise<z.infer<typeof DecisionsAnswer>> {
    return { items: await this.listDecisions.run(this.database, who, scope, ticketId, this.clock.now()) };
  }

  /**
   * Does an action of the pack on the lead, on the case, or on the caller's only open side task that takes it. With If-Match the action applies to that version of the task only; with an
   * `Idempotency-Key` a repetition changes nothing and answers the present case. 403 when the caller may not, 409 when not now (step, guard, version, limit), 422 when a
   * field is missing or wrong.
   */
  @Post(':ticketId/actions/:action')
  @HttpCode(200)
  @Right('cases:act')
  @Answers(200, CaseAnswer, 'The case after the action', ETAG)
  @Problems(REFUSALS)
  act(
    @TicketId('ticketId') ticketId: string,
    @Param('action', { schema: line(60) }) action: string,
    @Body({ schema: ActionBody.default({}) }) input: z.infer<typeof ActionBody>,
    @Headers('if-match') match: string | undefined,
    @Headers('idempotency-key') key: string | undefined,
    @Who() actor: Actor,
    @Within() scope: Scope,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof CaseAnswer>> {
    return this.run({ ticketId, action, input, seen: ifMatch(match), key: idempotencyKey(key), actor, scope, cause }, reply);
  }

  /** Does an action of the pack on one open task of the case. 409 `dispatch/task-ended` when the task is over. */
  @Post(':ticketId/tasks/:task/actions/:action')
  @HttpCode(200)
  @Right('cases:act')
  @Answers(200, CaseAnswer, 'The case after the action', ETAG)
  @Problems(REFUSALS)
  actOnTask(
    @TicketId('ticketId') ticketId: string,
    @Param('task', { schema: TaskNo }) task: number,
    @Param('action', { schema: line(60) }) action: string,
    @Body({ schema: ActionBody.default({}) }) input: z.infer<typeof ActionBody>,
    @Headers('if-match') match: string | undefined,
    @Headers('idempotency-key') key: string | undefined,
    @Who() actor: Actor,
    @Within() scope: Scope,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof CaseAnswer>> {
    return this.run({ ticketId, task, action, input, seen: ifMatch(match), key: idempotencyKey(key), actor, scope, cause }, reply);
  }

  /** Places an unroutable ticket in a unit: the platform's action `route`. 409 for a ticket that has a unit, 422 for a unit that the directory does not have. */
  @Post(':ticketId/route')
  @HttpCode(200)
  @Right('cases:supervise')
  @Answers(200, CaseAnswer, 'The case in the queue of the unit', ETAG)
  @Problems({
    400: ['platform/invalid-input', 'platform/bad-if-match', 'dispatch/bad-idempotency-key'],
    404: ['dispatch/no-case'],
    409: ['dispatch/not-yet', 'dispatch/illegal-move', 'dispatch/stale-version'],
    422: ['dispatch/unknown-unit', 'dispatch/idempotency-key-reused'],
  })
  route(
    @TicketId('ticketId') ticketId: string,
    @Body({ schema: RouteBody }) input: z.infer<typeof RouteBody>,
    @Headers('if-match') match: string | undefined,
    @Headers('idempotency-key') key: string | undefined,
    @Who() actor: Actor,
    @Within() scope: Scope,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof CaseAnswer>> {
    return this.run({ ticketId, action: 'route', input, seen: ifMatch(match), key: idempotencyKey(key), actor, scope, cause }, reply);
  }

  /**
   * Moves the case to another version of its pack. With an `Idempotency-Key` a repetition changes nothing and answers the present case. 409 `dispatch/does-not-map` names the
   * open steps, groups and fields that the version lacks.
   */
  @Post(':ticketId/repack')
  @HttpCode(200)
  @Right('cases:supervise')
  @Answers(200, CaseAnswer, 'The case on the other version', ETAG)
  @Problems({
    400: ['platform/invalid-input', 'platform/bad-if-match', 'dispatch/bad-idempotency-key'],
    404: ['dispatch/no-case', 'dispatch/no-pack'],
    409: ['dispatch/not-yet', 'dispatch/does-not-map', 'dispatch/same-version', 'dispatch/stale-version'],
    422: ['dispatch/idempotency-key-reused'],
  })
  async repack(
    @TicketId('ticketId') ticketId: string,
    @Body({ schema: RepackBody }) { version }: z.infer<typeof RepackBody>,
    @Headers('if-match') match: string | undefined,
    @Headers('idempotency-key') key: string | undefined,
    @Who() actor: Actor,
    @Within() scope: Scope,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof CaseAnswer>> {
    const asked = { ticketId, version, seen: ifMatch(match), key: idempotencyKey(key), actor, scope, cause };
    const done = await this.database.transaction((tx) => this.repackCase.run(tx, { ...asked, now: this.clock.now() }));
    reply.header('etag', etagOf(done.version));
    if (done.replayed) reply.header('idempotency-replayed', 'true');
    return done.view;
  }

  private async run(c: Omit<ActOnCaseCommand, 'now'>, reply: FastifyReply): Promise<z.infer<typeof CaseAnswer>> {
    const now = (): Instant => this.clock.now();
    const done: Acted =
      (await this.database.onOneConnection((connection) => this.actOnCase.atOnce(connection, c, now))) ??
      (await this.database.transaction((tx) => this.actOnCase.run(tx, { ...c, now: now() })));
    reply.header('etag', etagOf(done.version));
    if (done.replayed) reply.header('idempotency-replayed', 'true');
    return done.view;
  }
}
