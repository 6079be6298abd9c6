import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { type Actor, NotFound } from '@gongdan/kernel';
import { Database, logger, Right, Who, instantInput } from '@gongdan/platform';
import { z } from 'zod';
import { type BusStatus, busCounts, comparedHeads, lagOf, leaseOwners } from './bus-status.js';
import { BusHandle } from './bus-link.js';
import { listParked, type ParkedEntry, type ParkedRow, ticketsWithParked } from '../inbox/parked.js';
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
const ParkedId = z.coerce.number().int().positive();

/** The operator's doors of every service: what `npx gongdan bus`, `parked` and `republish` call. */
@Controller('v1/ops')
export class BusController {
  constructor(
    private readonly database: Database,
    private readonly link: BusHandle,
  ) {}

  /** Lag (null while the broker is away), outbox age, parked, leases of this service. */
  @Get('bus')
  @Right('bus:read')
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

  /** Parked records, oldest first. */
  @Get('parked')
  @Right('bus:read')
  list(@Query({ schema: ParkedQuery }) query: z.infer<typeof ParkedQuery>): Promise<ParkedEntry[]> {
    return listParked(this.database, query);
  }

  /** One parked record with its headers, error and bytes (as text where they are text). */
  @Get('parked/:id')
  @Right('bus:operate')
  async show(@Param('id', { schema: ParkedId }) id: number): Promise<Record<string, unknown>> {
    const row = await this.database.one<ParkedRow>('select * from parked_events where id = $1', [id]);
    if (!row) throw new NotFound('messaging/not-parked');
    return { ...row, value: row.value?.toString('utf8').slice(0, 20_000) ?? null };
  }

  /** Tries parked events again, per ticket and in order: those of one ticket, of one error code, or all. */
  @Post('parked/redrive')
  @HttpCode(200)
  @Right('bus:operate')
  async redrive(
    @Body({ schema: RedriveBody }) body: z.infer<typeof RedriveBody>,
    @Who() who: Actor,
  ): Promise<{ tickets: number } & RedriveResult> {
    const filter = { ticketId: body.ticketId, code: body.code };
    if (!body.dryRun) return redriveAll(this.database, this.link.server.consumer, filter, who.id);
    const tickets = await ticketsWithParked(this.database, filter);
    return { tickets: tickets.length, tried: 0, left: tickets.reduce((sum, t) => sum + t.events, 0) };
  }

  /** Gives one parked record up; audited with its bytes. */
  @Post('parked/:id/discard')
  @HttpCode(200)
  @Right('bus:operate')
  discard(
    @Param('id', { schema: ParkedId }) id: number,
    @Body({ schema: DiscardBody }) body: z.infer<typeof DiscardBody>,
    @Who() who: Actor,
  ): Promise<RedriveResult> {
    return discardParked(this.database, this.link.server.consumer, id, who.id, body.reason);
  }

  /**
   * Says events of this service again; consumers drop what they have. Answers with their number and works on behind the answer, at the pace
   * of the relay; a line in the log tells when it is done. A crash in the middle loses the rest: ask again.
   */
  @Post('republish')
  @HttpCode(202)
  @Right('bus:operate')
  async republish(@Body({ schema: RepublishBody }) body: z.infer<typeof RepublishBody>): Promise<{ events: number }> {
    const log = logger('bus');
    const events = await countRange(this.database, body);
    let said = 0;
    const onChunk = (soFar: number): void => {
      said = soFar;
      this.link.relay.nudge();
    };
    republishRange(this.database, body, { onChunk }).then(
      () => log.info('republished', { ...body, said }),
      (error: unknown) => log.error('a republish broke off: ask again', { ...body, said, error: String(error) }),
    );
    return { events };
  }
}
