import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { type Actor, NotFound } from '@gongdan/kernel';
import { Answers, Database, instantInput, logger, Problems, Right, Who } from '@gongdan/platform';
import { z } from 'zod';
import { BusAnswer, DiscardAnswer, ParkedAnswer, ParkedListAnswer, RedriveAnswer, RepublishAnswer } from './bus-answers.js';
import { type BusStatus, busCounts, comparedHeads, lagOf, leaseOwners } from './bus-status.js';
import { BusHandle } from './bus-link.js';
import { listParked, parkedOne, type ParkedEntry, ticketsWithParked } from '../inbox/parked.js';
import { discardParked, redriveAll, type RedriveResult } from '../inbox/redrive.js';
import { countRange, republishRange } from './republish.js';

const ParkedQuery = z.strictObject({
  ticketId: z.uuid().optional(),
  code: z.string().max(120).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});
const RedriveBody = z
  .strictObject({ ticketId: z.uuid().optional(), code: z.string().max(120).optional(), dryRun: z.boolean().default(false) })
  .meta({ id: 'RedriveBody' });
const DiscardBody = z.strictObject({ reason: z.string().min(3).max(1_000) }).meta({ id: 'DiscardBody' });
const RepublishBody = z
  .strictObject({
    from: instantInput.optional(),
    to: instantInput.optional(),
    org: z.string().max(64).optional(),
    ticketId: z.uuid().optional(),
  })
  .meta({ id: 'RepublishBody' });
const ParkedId = z.coerce
  .number()
  .int()
  .positive()
  .max(2 ** 53 - 1);

/** The operator's doors of every service: what `npx gongdan bus`, `parked` and `republish` call. */
@Controller('v1/ops')
export class BusController {
  constructor(
    private readonly database: Database,
    private readonly link: BusHandle,
  ) {}

  /** Returns the state of the bus as this service sees it: lag, outbox, parked records, gaps, leases. */
  @Get('bus')
  @Right('bus:read')
  @Answers(200, BusAnswer, 'The state of the bus')
  async status(): Promise<BusStatus> {
    const { server } = this.link;
    return {
      service: server.self,
      joined: server.joined(),
      heard: server.heard,
      ...(await lagOf(this.link)),
      ...(await busCounts(this.database)),
      heads: await comparedHeads(this.database),
      leases: await leaseOwners(this.database),
    };
  }

  /** Lists parked records, oldest first. */
  @Get('parked')
  @Right('bus:read')
  @Answers(200, ParkedListAnswer, 'Parked records without their bytes')
  list(@Query({ schema: ParkedQuery }) query: z.infer<typeof ParkedQuery>): Promise<ParkedEntry[]> {
    return listParked(this.database, query);
  }

  /** Returns one parked record with its headers, its error and its bytes as text. */
  @Get('parked/:id')
  @Right('bus:operate')
  @Answers(200, ParkedAnswer, 'The parked record')
  @Problems({ 404: ['messaging/not-parked'] })
  async show(@Param('id', { schema: ParkedId }) id: number): Promise<z.infer<typeof ParkedAnswer>> {
    const row = await parkedOne(this.database, id);
    if (!row) throw new NotFound('messaging/not-parked');
    return { ...row, value: row.value?.toString('utf8').slice(0, 20_000) ?? null };
  }

  /** Tries parked events again, per ticket and in order: those of one ticket, of one error code, or all. */
  @Post('parked/redrive')
  @HttpCode(200)
  @Right('bus:operate')
  @Answers(200, RedriveAnswer, 'How many tickets and records were tried, and how many are still parked')
  @Problems({ 404: ['messaging/nothing-parked'] })
  async redrive(
    @Body({ schema: RedriveBody }) body: z.infer<typeof RedriveBody>,
    @Who() who: Actor,
  ): Promise<{ tickets: number } & RedriveResult> {
    const filter = { ticketId: body.ticketId, code: body.code };
    if (!body.dryRun) return redriveAll(this.database, this.link.server.consumer, filter, who.id);
    const tickets = await ticketsWithParked(this.database, filter);
    return { tickets: tickets.length, tried: 0, left: tickets.reduce((sum, t) => sum + t.events, 0) };
  }

  /** Discards one parked record. The audit log keeps its bytes, the reason and who asked. */
  @Post('parked/:id/discard')
  @HttpCode(200)
  @Right('bus:operate')
  @Answers(200, DiscardAnswer, 'How many records behind it were tried, and how many are still parked')
  @Problems({ 404: ['messaging/not-parked'] })
  discard(
    @Param('id', { schema: ParkedId }) id: number,
    @Body({ schema: DiscardBody }) body: z.infer<typeof DiscardBody>,
    @Who() who: Actor,
  ): Promise<RedriveResult> {
    return discardParked(this.database, this.link.server.consumer, id, who.id, body.reason);
  }

  /**
   * Publishes events of this service again; consumers drop what they have. It answers with their number and continues after the answer, at
   * the pace of the relay; a line in the log tells when it is done. A crash in the middle loses the rest: ask again.
   */
  @Post('republish')
  @HttpCode(202)
  @Right('bus:operate')
  @Answers(202, RepublishAnswer, 'How many events are published again')
  async republish(@Body({ schema: RepublishBody }) body: z.infer<typeof RepublishBody>): Promise<{ events: number }> {
    const log = logger('bus');
    const events = await countRange(this.database, body);
    let published = 0;
    const onChunk = (soFar: number): void => {
      published = soFar;
      this.link.relay.nudge();
    };
    republishRange(this.database, body, { onChunk }).then(
      () => log.info('republished', { ...body, published }),
      (error: unknown) => log.error('a republish broke off: ask again', { ...body, published, error: String(error) }),
    );
    return { events };
  }
}
