import { Body, Controller, Get, Put, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { z } from 'zod';
import { Answers, AnswersText, Problems } from './answers.js';
import { Public, Right } from '../auth/access.js';
import { Health } from '../watching/health.js';
import { Metrics } from '../watching/metrics.js';
import { SystemClock } from '../time/system-clock.js';

/** Ten years either way: enough for any scenario, small enough for every timestamp type. */
const MAX_SHIFT_MS = 10 * 366 * 86_400_000;
const ShiftBody = z
  .strictObject({ offsetMs: z.number().int().min(-MAX_SHIFT_MS).max(MAX_SHIFT_MS) })
  .meta({ id: 'ShiftBody', examples: [{ offsetMs: 86_400_000 }] });

const Liveness = z
  .object({ status: z.enum(['ok', 'failed']), reason: z.string().optional() })
  .meta({ id: 'Liveness', examples: [{ status: 'ok' }] });
const Readiness = z
  .object({
    status: z.enum(['ok', 'not-ready']),
    reasons: z.record(z.string(), z.string()).describe('Why the process takes no work, by part; empty when it is ready'),
  })
  .meta({ id: 'Readiness', examples: [{ status: 'not-ready', reasons: { bus: 'not joined to the consumer group' } }] });
const ClockAnswer = z
  .object({
    now: z.iso.datetime({ precision: 3 }),
    offsetMs: z.int().describe('How far the clock is shifted from real time; always 0 in production'),
    shiftable: z.boolean().describe('False in production'),
  })
  .meta({ id: 'ClockAnswer', examples: [{ now: '2026-03-02T09:00:00.000Z', offsetMs: 0, shiftable: false }] });

/** Routes every service has: health, metrics, the clock. */
@Controller()
export class OpsController {
  constructor(
    private readonly health: Health,
    private readonly metrics: Metrics,
    private readonly clock: SystemClock,
  ) {}

  /** Reports whether the process can continue. When it cannot, a supervisor should replace it. */
  @Get('health/live')
  @Public('probes carry no token')
  @Answers(200, Liveness, 'The process can continue')
  @Answers(503, Liveness, 'Only a new process helps')
  live(@Res({ passthrough: true }) reply: FastifyReply): z.infer<typeof Liveness> {
    const reason = this.health.live();
    if (reason !== undefined) reply.status(503);
    return reason === undefined ? { status: 'ok' } : { status: 'failed', reason };
  }

  /** Reports whether the process can take work and, if not, the reason of each part. */
  @Get('health/ready')
  @Public('probes carry no token')
  @Answers(200, Readiness, 'The process takes work')
  @Answers(503, Readiness, 'A balancer should send work elsewhere')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<z.infer<typeof Readiness>> {
    const reasons = await this.health.ready();
    const status = Object.keys(reasons).length === 0 ? 'ok' : 'not-ready';
    if (status !== 'ok') reply.status(503);
    return { status, reasons };
  }

  /** Returns the metrics of this process in the text format of Prometheus; docs/metrics.md describes each. */
  @Get('metrics')
  @Public('scraped inside the cluster; the edge does not route it')
  @AnswersText(200, 'text/plain', 'Text format 0.0.4')
  async scrape(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    reply.header('content-type', this.metrics.registry.contentType);
    return this.metrics.registry.metrics();
  }

  /** Returns the time of this service and how far it is shifted. */
  @Get('v1/clock')
  @Right('clock:read')
  @Answers(200, ClockAnswer, 'The time that the rules of this service use')
  now(): z.infer<typeof ClockAnswer> {
    return { now: this.clock.now(), offsetMs: this.clock.offsetMs, shiftable: this.clock.shiftable };
  }

  /** Shifts the time of this service and its database. Production refuses with 403 `platform/clock-fixed`. */
  @Put('v1/clock')
  @Right('clock:shift')
  @Answers(200, ClockAnswer, 'The time after the shift')
  @Problems({ 403: ['platform/no-right', 'platform/clock-fixed'] })
  async shift(@Body({ schema: ShiftBody }) body: z.infer<typeof ShiftBody>): Promise<z.infer<typeof ClockAnswer>> {
    await this.clock.shift(body.offsetMs);
    return this.now();
  }
}
