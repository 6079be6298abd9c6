import { type Client } from './client.js';
import { SERVICES, type ServiceName } from '../home/home.js';

interface Bus {
  lagTotal: number;
  outbox: { rows: number };
  parked: { rows: number };
  gaps: { rows: number };
}

/**
 * Resolves when no event is under way any more: twice in a row, every outbox is empty, every consumer has no lag and no service has more than
 * `openGaps` gaps (those no producer can fill). Parked events are not waited for, because they do not move by themselves; their number is returned.
 */
export async function untilQuiet(
  client: Client,
  withinMs = 120_000,
  services: readonly ServiceName[] = SERVICES,
  openGaps = 0,
): Promise<{ parked: number }> {
  let idle = 0;
  let last = '';
  for (const end = performance.now() + withinMs; performance.now() < end;) {
    try {
      const all = await Promise.all(services.map((s) => client.must<Bus>(s, 'GET', '/v1/ops/bus', { as: 'ops' })));
      last = all.map((b, i) => `${services[i]}: lag ${b.lagTotal}, outbox ${b.outbox.rows}, gaps ${b.gaps.rows}`).join('; ');
      idle = all.every((b) => b.lagTotal === 0 && b.outbox.rows === 0 && b.gaps.rows <= openGaps) ? idle + 1 : 0;
      if (idle >= 2) return { parked: all.reduce((sum, b) => sum + b.parked.rows, 0) };
    } catch (error) {
      idle = 0;
      last = String(error);
    }
    await new Promise((wake) => setTimeout(wake, 150));
  }
  throw new Error(`events were still under way after ${withinMs / 1_000} s: ${last}`);
}
