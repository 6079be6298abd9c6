import { type Client } from './client.js';
import { SERVICES, type ServiceName } from './home.js';

interface Bus {
  lagTotal: number;
  outbox: { rows: number };
  parked: { rows: number };
  gaps: { rows: number };
}

/**
 * Resolves when nothing is on its way any more: every outbox empty, every group at the end, seen twice in a row. Parked events do not
 * move by themselves and are returned, not waited for; `openGaps` a service may keep (those no producer can fill).
 */
export async function untilQuiet(
  client: Client,
  withinMs = 120_000,
  services: readonly ServiceName[] = SERVICES,
  openGaps = 0,
): Promise<{ parked: number }> {
  let calm = 0;
  let last = '';
  for (const end = performance.now() + withinMs; performance.now() < end;) {
    try {
      const all = await Promise.all(services.map((s) => client.must<Bus>(s, 'GET', '/v1/ops/bus', { as: 'ops' })));
      last = all.map((b, i) => `${services[i]}: lag ${b.lagTotal}, outbox ${b.outbox.rows}, gaps ${b.gaps.rows}`).join('; ');
      calm = all.every((b) => b.lagTotal === 0 && b.outbox.rows === 0 && b.gaps.rows <= openGaps) ? calm + 1 : 0;
      if (calm >= 2) return { parked: all.reduce((sum, b) => sum + b.parked.rows, 0) };
    } catch (error) {
      calm = 0;
      last = String(error);
    }
    await new Promise((wake) => setTimeout(wake, 150));
  }
  throw new Error(`not quiet within ${withinMs / 1_000} s: ${last}`);
}
