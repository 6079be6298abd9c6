import { Client } from '../clients/client.js';
import { SERVICES } from '../home/home.js';
import { type Command } from './command.js';

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Milliseconds of a shift like `+3d`, `-2h` or `+1d12h`; undefined when the text is none. */
export function parseShift(text: string): number | undefined {
  const m = /^([+-])((?:\d+[smhdw])+)$/.exec(text);
  if (!m) return undefined;
  let sum = 0;
  for (const [, n, unit] of (m[2] ?? '').matchAll(/(\d+)([smhdw])/g)) sum += Number(n) * (UNITS[unit ?? ''] ?? 0);
  return m[1] === '-' ? -sum : sum;
}

/** Moves the clock of every service and its database by the same offset. */
export async function shiftClock(client: Client, change: (offset: number) => number): Promise<{ now: string; offsetMs: number }> {
  const { offsetMs } = await client.must<{ offsetMs: number }>('intake', 'GET', '/v1/clock', { as: 'ops' });
  const wanted = change(offsetMs);
  const answers = await Promise.all(
    SERVICES.map((s) => client.must<{ now: string; offsetMs: number }>(s, 'PUT', '/v1/clock', { as: 'ops', body: { offsetMs: wanted } })),
  );
  return answers[0] as { now: string; offsetMs: number };
}

export const clock: Command = {
  usage: 'clock [+3d | -2h | reset]',
  about: 'shows or shifts the time of the whole system (demo and test mode)',
  async run([shift]) {
    const client = Client.running();
    if (shift === undefined) {
      for (const s of SERVICES) console.log(s.padEnd(10), JSON.stringify(await client.must(s, 'GET', '/v1/clock', { as: 'ops' })));
      return;
    }
    const step = shift === 'reset' ? 0 : parseShift(shift);
    if (step === undefined) throw new Error('a shift looks like +3d, -2h, +1d12h or reset');
    const { now, offsetMs } = await shiftClock(client, (offset) => (shift === 'reset' ? 0 : offset + step));
    console.log(`It is now ${now} everywhere (${offsetMs >= 0 ? '+' : ''}${(offsetMs / 3_600_000).toFixed(2)} h)`);
  },
};
