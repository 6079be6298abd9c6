import { Agent, request } from 'node:http';
import { admin, authorization } from '../callers.js';
import { Probe, probed } from '../probe.js';
import { must, type Product, type Trial } from '../trial.js';

const PER_SECOND = 700;
const SECONDS = 12;
/** Limits of the product by default, per window of ten seconds. */
const CALLER_PER_WINDOW = 1_000;
const ORG_PER_WINDOW = 3_000;
/** The attack touches two windows, or three of them in part. */
const WINDOWS = 2;
/** Counts are exchanged between replicas every 500 ms, so that a few requests more may pass. */
const TOLERATED = 1.1;
/** How long another organisation may wait: nineteen of twenty answers, and the slowest. */
const P95_MS = 750;
const SLOWEST_MS = 3_000;

interface Counted {
  sent: number;
  ok: number;
  refused: number;
  /** Refusals without one of the headers that say when to come back. */
  incomplete: number;
  other: number[];
}

/** Sends requests at a steady rate, whatever the answers are and however late they come. */
async function flood(url: string, callers: readonly Record<string, string>[]): Promise<Counted> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const counted: Counted = { sent: 0, ok: 0, refused: 0, incomplete: 0, other: [] };
  const open = new Set<Promise<void>>();
  const send = (): void => {
    const answered = new Promise<void>((done) => {
      request(url, { agent, headers: callers[counted.sent % callers.length] }, (answer) => {
        const { 'retry-after': after, ratelimit, 'ratelimit-policy': policy } = answer.headers;
        if (answer.statusCode === 200) counted.ok += 1;
        else if (answer.statusCode === 429) {
          counted.refused += 1;
          if (!(Number(after) >= 1) || ratelimit === undefined || policy === undefined) counted.incomplete += 1;
        } else counted.other.push(answer.statusCode ?? 0);
        answer.resume().once('end', done);
      })
        .once('error', () => {
          counted.other.push(0);
          done();
        })
        .end();
    });
    open.add(answered);
    void answered.finally(() => open.delete(answered));
    counted.sent += 1;
  };
  const began = performance.now();
  while (performance.now() - began < SECONDS * 1_000) {
    while (counted.sent < ((performance.now() - began) / 1_000) * PER_SECOND) send();
    await new Promise((wake) => setTimeout(wake, 5));
  }
  await Promise.all(open);
  agent.destroy();
  return counted;
}

async function floodedBy(product: Product, callers: readonly string[], org: string, perWindow: number): Promise<string> {
  const url = `${product.stack.urls.intake}/v1/tickets`;
  const attackers = await Promise.all(callers.map((id) => authorization(product, admin(org, id))));
  const other = await authorization(product, admin('trial-bystander'));
  let counted: Counted | undefined;
  const answers = await probed(Probe.start(url, other, { everyMs: 50 }), async () => {
    counted = await flood(url, attackers);
  });
  must(counted !== undefined && counted.sent > PER_SECOND * SECONDS * 0.8, `only ${counted?.sent} requests were sent`);
  must(counted.other.length === 0, `the attacker got ${[...new Set(counted.other)].join()}`);
  must(counted.ok <= perWindow * WINDOWS * TOLERATED, `${counted.ok} of ${counted.sent} requests were served`);
  must(counted.refused > 0 && counted.incomplete === 0, `${counted.incomplete} of ${counted.refused} refusals lack a header`);
  must(answers.failures === '', `another organisation got ${answers.failures}`);
  must(answers.percentileMs(0.95) <= P95_MS, `another organisation waited ${answers.percentileMs(0.95)} ms (p95)`);
  must(answers.longestMs <= SLOWEST_MS, `another organisation waited ${answers.longestMs} ms once`);
  return `${counted.ok} of ${counted.sent} served, the others got 429; another organisation: p95 ${answers.percentileMs(0.95)} ms, slowest ${answers.longestMs} ms`;
}

export const oneCaller: Trial = {
  name: 'rate-of-a-caller',
  claim: `${PER_SECOND} requests/s of one caller are limited with Retry-After and RateLimit, and delay no other organisation.`,
  run: (product) => floodedBy(product, ['greedy'], 'trial-caller', CALLER_PER_WINDOW),
};

export const oneOrganisation: Trial = {
  name: 'rate-of-an-organisation',
  claim: `${PER_SECOND} requests/s of ten callers of one organisation are limited, and delay no other organisation.`,
  run: (product) =>
    floodedBy(
      product,
      Array.from({ length: 10 }, (_, n) => `caller-${n}`),
      'trial-organisation',
      ORG_PER_WINDOW,
    ),
};
