import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { type Actor, NotFound } from '@gongdan/kernel';
import { Answers, Database, logger, Problems, Right, Who } from '@gongdan/platform';
import { type z } from 'zod';
import { findParked, listParked, ticketsWithParked } from '../inbox/parked.js';
import { discardParked, redriveAll, type RedriveResult } from '../inbox/redrive.js';
import { BusHandle } from './bus-link.js';
import {
  type BusStatus,
  BusStatusAnswer,
  DiscardBody,
  type ParkedEntry,
  type ParkedEvent,
  ParkedEventAnswer,
  ParkedId,
  ParkedListAnswer,
  ParkedQuery,
  RedriveAnswer,
  RedriveBody,
  RepublishAnswer,
  RepublishBody,
  RetriedAnswer,
} from './bus-shapes.js';
import { busCounts, comparedHeads, lagOf, leaseOwners } from './bus-status.js';
import { countRange, republishRange } from './republish.js';

/** Routes for operators that every service has; `npx gongdan bus`, `parked` and `republish` call them. */
@Controller('v1/ops')
export class BusController {
  constructor(
    private readonly database: Database,
    private readonly link: BusHandle,
  ) {}

  /** Returns the state of this service on the bus: membership, lag, outbox, parked events, gaps and leases. Lag is null while the broker is away. */
  @Get('bus')
  @Right('bus:read')
  @Answers(200, BusStatusAnswer, 'The state of this service on the bus')
  async status(): Promise<BusStatus> {
    const { server } = this.link;
    return {
      service: server.self,
      joined: server.joined(),
      handledEvents: server.handledEvents,
      ...(await lagOf(this.link)),
      ...(await busCounts(this.database)),
      heads: await comparedHeads(this.database),
      leases: await leaseOwners(this.database),
    };
  }

  /** Lists parked events, oldest first, without their bytes. */
  @Get('parked')
  @Right('bus:read')
  @Answers(200, ParkedListAnswer, 'Parked events, oldest first')
  list(@Query({ schema: ParkedQuery }) query: z.infer<typeof ParkedQuery>): Promise<ParkedEntry[]> {
    return listParked(this.database, query);
  }

  /** Returns one parked event with its headers, error and payload. */
  @Get('parked/:id')
  @Right('bus:operate')
  @Answers(200, ParkedEventAnswer, 'The parked event')
  @Problems({ 404: ['messaging/not-parked'] })
  async show(@Param('id', { schema: ParkedId }) id: number): Promise<ParkedEvent> {
    const found = await findParked(this.database, id);
    if (!found) throw new NotFound('messaging/not-parked');
    return found;
  }

  /** Retries parked events ticket by ticket, in the order they came: those of one ticket, of one error code, or all. Answers when all were tried. */
  @Post('parked/redrive')
  @HttpCode(200)
  @Right('bus:operate')
  @Answers(200, RedriveAnswer, 'What became of the events')
  async redrive(
    @Body({ schema: RedriveBody }) body: z.infer<typeof RedriveBody>,
    @Who() who: Actor,
  ): Promise<{ tickets: number } & RedriveResult> {
    const filter = { ticketId: body.ticketId, code: body.code };
    if (!body.dryRun) return redriveAll(this.database, this.link.server.consumer, filter, who.id);
    const tickets = await ticketsWithParked(this.database, filter);
    return { tickets: tickets.length, tried: 0, left: tickets.reduce((sum, t) => sum + t.events, 0) };
  }

  /**
   * Discards one parked event for good and retries those behind it. The audit keeps the event with its bytes, the reason and the caller. Only the next
   * event of its stream can be discarded (409 `messaging/not-first` otherwise): a later one would become a gap.
   */
  @Post('parked/:id/discard')
  @HttpCode(200)
  @Right('bus:operate')
  @Answers(200, RetriedAnswer, 'What became of the events behind it')
  @Problems({ 404: ['messaging/not-parked'], 409: ['messaging/not-first'], 422: ['messaging/reason-missing'] })
  discard(
    @Param('id', { schema: ParkedId }) id: number,
    @Body({ schema: DiscardBody }) body: z.infer<typeof DiscardBody>,
    @Who() who: Actor,
  ): Promise<RedriveResult> {
    return discardParked(this.database, this.link.server.consumer, id, who.id, body.reason);
  }

  /**
   * Publishes recorded events of this service again; consumers drop those they have. Answers with their number at once and works in the background, at
   * the pace of the relay; the log reports when it has finished. A crash loses the rest: repeat the request.
   */
  @Post('republish')
  @HttpCode(202)
  @Right('bus:operate')
  @Answers(202, RepublishAnswer, 'The events are being published again')
  async republish(@Body({ schema: RepublishBody }) body: z.infer<typeof RepublishBody>): Promise<{ events: number }> {
    const log = logger('bus');
    const events = await countRange(this.database, body);
    let queued = 0;
    const onChunk = (soFar: number): void => {
      queued = soFar;
      this.link.relay.nudge();
    };
    republishRange(this.database, body, { onChunk }).then(
      () => log.info('events were published again', { ...body, events: queued }),
      (error: unknown) =>
        log.error('publishing events again failed; repeat the request', { ...body, events: queued, error: String(error) }),
    );
    return { events };
  }
}
