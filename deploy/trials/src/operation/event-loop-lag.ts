import { SERVICES, type ServiceName } from 'gongdan';
import { must, type Product, type Trial } from '../trial.js';

const PAUSE_MS = 1_200;
/** A bound of the histogram below the pause. */
const LONGER_THAN_S = 1;
const IDLE_MS = 3_000;

/** How many samples of the lag were longer than a second, and the largest value of any other gauge that claims to be a lag of the event loop. */
async function longLags({ stack }: Product, service: ServiceName): Promise<{ long: number; gauges: Map<string, number> }> {
  const text = await (await fetch(`${stack.urls[service]}/metrics`)).text();
  const value = (pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? NaN);
  const total = value(/^gongdan_eventloop_lag_seconds_count\{[^}]*\} (\S+)$/m);
  const short = value(new RegExp(`^gongdan_eventloop_lag_seconds_bucket\\{[^}]*le="${LONGER_THAN_S}"[^}]*\\} (\\S+)$`, 'm'));
  const gauges = new Map(
    [...text.matchAll(/^(nodejs_eventloop_lag\w*)(?:\{[^}]*\})? (\S+)$/gm)].map(([, name = '', v]) => [name, Number(v)]),
  );
  return { long: total - short, gauges };
}

export const eventLoopLag: Trial = {
  name: 'event-loop-lag',
  claim: `The lag of the event loop in /metrics is the truth: none above ${LONGER_THAN_S} s while idle, one after a pause of ${PAUSE_MS} ms.`,
  async run(product) {
    const seen: string[] = [];
    for (const service of SERVICES) {
      const idle = await longLags(product, service);
      must(Number.isFinite(idle.long), `${service} has no gongdan_eventloop_lag_seconds`);
      await new Promise((wake) => setTimeout(wake, IDLE_MS / SERVICES.length));
      const before = await longLags(product, service);
      must(before.long === idle.long, `${service} shows ${before.long - idle.long} lags above ${LONGER_THAN_S} s while it is idle`);
      for (const [name, s] of before.gauges) must(s < LONGER_THAN_S, `${service} shows ${name} ${s} while it is idle`);
      product.stack.signal(service, 'SIGSTOP');
      await new Promise((wake) => setTimeout(wake, PAUSE_MS));
      product.stack.signal(service, 'SIGCONT');
      await new Promise((wake) => setTimeout(wake, 300));
      const after = await longLags(product, service);
      must(after.long === before.long + 1, `${service} shows ${after.long - before.long} lags above ${LONGER_THAN_S} s after one pause`);
      seen.push(service);
    }
    return `${seen.join(', ')}: one long lag each`;
  },
}; // prettier-ignore
