import { Body, Controller, Get, Put, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { z } from 'zod';
import { Public, Right } from './auth.js';
import { Health } from './health.js';
import { Metrics } from './metrics.js';
import { SystemClock } from './system-clock.js';

/** Ten years either way: enough for any scenario, small enough for every timestamp type. */
const MOST = 10 * 366 * 86_400_000;
const ShiftBody = z.strictObject({ offsetMs: z.number().int().min(-MOST).max(MOST) }).meta({ id: 'ShiftBody' });

/** Doors every service has: health, metrics, the clock. */
@Controller()
export class OpsController {
  constructor(
    private readonly health: Health,
    private readonly metrics: Metrics,
    private readonly clock: SystemClock,
  ) {}

  /** The process can go on; otherwise it should be replaced. */
  @Get('health/live')
  @Public('probes carry no token')
  live(@Res({ passthrough: true }) reply: FastifyReply): { status: string; reason?: string } {
    const reason = this.health.live();
    if (reason !== undefined) reply.status(503);
    return reason === undefined ? { status: 'ok' } : { status: 'failed', reason };
  }

  /** The process can take work; otherwise the reasons, by part. */
  @Get('health/ready')
  @Public('probes carry no token')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<{ status: string; reasons: Record<string, string> }> {
    const reasons = await this.health.ready();
    const status = Object.keys(reasons).length === 0 ? 'ok' : 'not-ready';
    if (status !== 'ok') reply.status(503);
    return { status, reasons };
  }

  /** Prometheus text format. */
  @Get('metrics')
  @Public('scraped inside the cluster; the edge does not route it')
  async scrape(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    reply.header('content-type', this.metrics.registry.contentType);
    return this.metrics.registry.metrics();
  }

  /** The time of this service, and how far it is shifted. */
  @Get('v1/clock')
  @Right('clock:read')
  now(): { now: string; offsetMs: number; shiftable: boolean } {
    return { now: this.clock.now(), offsetMs: this.clock.offsetMs, shiftable: this.clock.shiftable };
  }

  /** Shifts the time of this service and its database (test and demo mode only; production refuses). */
  @Put('v1/clock')
  @Right('clock:shift')
  async shift(@Body({ schema: ShiftBody }) body: z.infer<typeof ShiftBody>): Promise<{ now: string; offsetMs: number }> {
    await this.clock.shift(body.offsetMs);
    return { now: this.clock.now(), offsetMs: this.clock.offsetMs };
  }
}
