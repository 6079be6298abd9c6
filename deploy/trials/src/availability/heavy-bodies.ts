import { publishPack } from 'gongdan';
import { admin, authorization } from '../callers.js';
import { Probe, probed } from '../probe.js';
import { must, type Trial } from '../trial.js';

const KEYS = 116_000;
const ATTRIBUTES = 80_000;
const UNITS = 300_000;
/** Each body is sent so often; the median counts, because other processes of the machine delay a single answer. */
const TIMES = 7;
const LARGEST_ANSWER = 20_000;

const repeated = (count: number, member: (i: number) => string): string => Array.from({ length: count }, (_, i) => member(i)).join(',');

/** What is sent, to whom, and how long a parallel request may wait. In the fault the loop was blocked for 400, 1,700 and 3,700 ms. */
const BODIES: readonly { what: string; service: 'intake' | 'dispatch'; method: string; path: string; body: () => string; mostMs: number }[] = [
  { what: `${KEYS} unknown keys`, service: 'intake', method: 'POST', path: '/v1/tickets', body: () => `{${repeated(KEYS, (i) => `"${i.toString(36)}":0`)}}`, mostMs: 150 },
  { what: `${ATTRIBUTES} wrong attributes`, service: 'intake', method: 'POST', path: '/v1/tickets', body: () => `{"attributes":{${repeated(ATTRIBUTES, (i) => `"a${i.toString(36)}":[]`)}}}`, mostMs: 150 },
  { what: 'a thousand wrong attributes of a kilobyte', service: 'intake', method: 'POST', path: '/v1/tickets', body: () => `{"attributes":{${repeated(990, (i) => `"${'x'.repeat(1_000)}${i}":[]`)}}}`, mostMs: 150 },
  { what: `a pack with ${UNITS} empty units`, service: 'dispatch', method: 'PUT', path: '/v1/packs/starter', body: () => `{"org":{"units":[${repeated(UNITS, () => '{}')}]}}`, mostMs: 250 },
  { what: 'a pack with 24,000 empty units', service: 'dispatch', method: 'PUT', path: '/v1/packs/starter', body: () => `{"org":{"units":[${repeated(24_000, () => '{}')}]}}`, mostMs: 250 },
]; // prettier-ignore

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

export const heavyBodies: Trial = {
  name: 'heavy-bodies',
  claim: 'Bodies with very many mistakes block no parallel request and get small answers.',
  async run(product) {
    const { stack, client } = product;
    const attacker = admin('trial-heavy');
    await publishPack(client, 'starter', attacker);
    const headers = { ...(await authorization(product, attacker)), 'content-type': 'application/json' };
    const seen: string[] = [];
    for (const { what, service, method, path, body, mostMs } of BODIES) {
      const text = body();
      const longest: number[] = [];
      for (let n = 0; n < TIMES; n++) {
        let answer = '';
        let status = 0;
        // Liveness needs no database: it is delayed only by the event loop.
        const answers = await probed(Probe.start(`${stack.urls[service]}/health/live`, {}, { everyMs: 2 }), async () => {
          const sent = await fetch(`${stack.urls[service]}${path}`, { method, headers, body: text });
          [answer, status] = [await sent.text(), sent.status];
        });
        must(status === 400, `${what}: ${status} ${answer.slice(0, 300)}`);
        must(answer.length <= LARGEST_ANSWER, `the answer to ${what} has ${answer.length} bytes`);
        must(answers.failures === '', `others got ${answers.failures} during ${what}`);
        longest.push(answers.longestMs);
      }
      must(median(longest) <= mostMs, `${what} blocked parallel requests for ${median(longest)} ms`);
      seen.push(`${what}: ${median(longest)} ms`);
    }
    return seen.join('; ');
  },
};
