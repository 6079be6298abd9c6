import { type Home } from '../home/home.js';
import { freePort } from '../home/ports.js';

const OFFSETS = {
  intake: 1,
  dispatch: 2,
  sla: 3,
  notify: 4,
  reporting: 5,
  mail: 10,
  smtp: 11,
  postgres: 12,
  redis: 13,
  kafka: 14,
  controller: 15,
} as const;
export type PortName = keyof typeof OFFSETS;

/** A free port for each part: that of the last run where it is free, or one from `portBase` on; any free one with a base of 0. */
export async function takePorts(home: Home, portBase: number | undefined): Promise<Record<string, number>> {
  const before = home.read().ports;
  const ports: Record<string, number> = {};
  for (const [name, offset] of Object.entries(OFFSETS)) {
    const preferred = portBase === undefined ? (before[name] ?? 4_100 + offset) : portBase === 0 ? 0 : portBase + offset;
    ports[name] = await freePort(preferred);
  }
  return ports;
}
