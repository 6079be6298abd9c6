import { request } from 'node:http';
import { must, type Product, type Trial } from '../trial.js';
import { create, Findings, fresh, post, somebody } from './desk.js';

interface Shown {
  status: number;
  body: Record<string, unknown>;
  headers: Record<string, unknown>;
  ms: number;
}

/** Asks as a client of its own: every address of 127.0.0.0/8 is another client to the service. */
function from(product: Product, address: string, number: string, tail?: string, org = 'demo'): Promise<Shown> {
  const query = tail === undefined ? '' : `?tail=${encodeURIComponent(tail)}`;
  const url = new URL(`/v1/public/${encodeURIComponent(org)}/tickets/${encodeURIComponent(number)}${query}`, product.stack.urls.intake);
  const began = performance.now();
  return new Promise((done, failed) => {
    const asked = request(url, { localAddress: address, agent: false }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on('data', (piece: Buffer) => pieces.push(piece));
      answer.on('end', () => {
        const text = String(Buffer.concat(pieces));
        done({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
          ms: performance.now() - began,
        });
      });
    });
    asked.on('error', failed);
    asked.end();
  });
}

let last = 0;
/** An address that no earlier try has used. */
const anybody = (): string => `127.${30 + Math.floor(last / 62_500)}.${Math.floor(last / 250) % 250}.${(last++ % 250) + 2}`;
const start = Math.floor(Math.random() * 1_000_000);
last = start;

/** What a caller can tell two answers apart by, without the time. */
const visible = ({ status, body, headers }: Shown): string => {
  // The length follows the path, which the problem repeats as its instance.
  const { date: _, 'x-correlation-id': __, 'content-length': ___, ...rest } = headers;
  return JSON.stringify([status, { ...body, correlationId: '', instance: '' }, rest]);
};

const wide = (text: string): string =>
  [...text].map((c) => (c > ' ' && c < '\u007f' ? String.fromCharCode(c.charCodeAt(0) + 0xfee0) : c)).join('');

/** Ways in which people write the number of a ticket. */
const WRITINGS: Record<string, (number: string) => string> = {
  'as it is': (n) => n,
  'small letters': (n) => n.toLowerCase(),
  'full width': wide,
  'small letters in full width': (n) => wide(n.toLowerCase()),
  'blanks around': (n) => `  ${n} `,
  'a tab and a line end': (n) => `\t${n}\r\n`,
  'an ideographic blank': (n) => `\u3000${n}\u3000`,
  'a no-break blank': (n) => `\u00a0${n}`,
  'blanks inside': (n) => `${n.slice(0, 2)} ${n.slice(2, 6)} ${n.slice(6)}`,
  'half of it in full width': (n) => wide(n.slice(0, 5)) + n.slice(5),
};

/** Fault 14. */
export const publicStatus: Trial = {
  name: 'public-status',
  claim:
    'Guesses of one client lock nobody else out of a ticket, invented organisations make no counters, and a number is found however it is written.',
  async run(product) {
    const { client } = product;
    const found = new Findings();
    const ticket = await create(client);
    const guesser = anybody();
    for (let i = 0; i < 6; i++) await from(product, guesser, ticket.number, String(1_000 + i));
    const owner = await from(product, anybody(), ticket.number, '00135678');
    found.check(owner.status === 200, `five wrong tails of another client lock the complainant out of the long tail: ${owner.status}`);
    const short = await from(product, anybody(), ticket.number, '5678');
    found.check(
      short.status === 200 || short.body['code'] === 'intake/more-digits-needed',
      `the complainant gets no way in: ${short.status} ${String(short.body['code'])}`,
    );
    const other = await create(client);
    found.check(
      (await from(product, guesser, other.number, '5678')).status === 200,
      'five wrong tails of one ticket lock their client out of another ticket',
    );
    // Guesses from many addresses, and of a long tail, lock nobody out either.
    for (let i = 0; i < 40; i++) await from(product, anybody(), other.number, String(10_000_000 + i));
    found.check(
      (await from(product, anybody(), other.number, '13800135678')).status === 200,
      'guesses from many addresses lock the complainant out',
    );

    const sprayer = anybody();
    let refused = 0;
    for (let i = 0; i < 70; i++) if ((await from(product, sprayer, 'GD1', '0000', fresh('org'))).status === 429) refused++;
    found.check(refused > 0, '70 invented organisations are never limited');
    found.check(
      (await from(product, anybody(), (await create(client)).number, '5678')).status === 200,
      'a client that invents organisations locks others out',
    );
    found.check((await from(product, anybody(), 'GD1', '5678', 'x'.repeat(5_000))).status < 500, 'a long organisation is a 5xx');

    const written = await create(client);
    for (const [how, write] of Object.entries(WRITINGS)) {
      const shown = await from(product, anybody(), write(written.number), '5678');
      found.check(shown.body['number'] === written.number, `the number with ${how} is answered ${shown.status}`);
      const path = `/v1/search?number=${encodeURIComponent(write(written.number))}`;
      let hits: unknown[] = [];
      for (let i = 0; i < 50 && hits.length === 0; i++) {
        hits = (await client.must<{ items: unknown[] }>('reporting', 'GET', path, { as: somebody() })).items;
        if (hits.length === 0) await new Promise((wake) => setTimeout(wake, 100));
      }
      found.check(hits.length === 1, `search finds ${hits.length} tickets by the number with ${how}`);
    }

    const missing = `${written.number.slice(0, -6)}987654`;
    const wrong = visible(await from(product, anybody(), written.number, '0000'));
    for (const tail of [
      undefined,
      '',
      '567',
      'abcd',
      '0000',
      '5678',
      "' or 1=1",
      '٥٦٧٨',
      '9'.repeat(300),
      '5678\u0000',
      '%',
      '....',
      '5678&tail=1',
    ])
      for (const number of [missing, written.number]) {
        if (number === written.number && tail === '5678') continue;
        // A number that was guessed needs more digits, whether it exists or not; both are asked equally often.
        const shown = await from(product, anybody(), number, tail);
        found.check(
          visible(shown) === wrong || shown.body['code'] === 'intake/more-digits-needed',
          `${number === missing ? 'a missing' : 'the'} number with the tail ${JSON.stringify(tail)} differs from a wrong tail: ${visible(shown).slice(0, 200)}`,
        );
      }
    for (const body of [{ org: 'nobody' }, { org: 'starter' }, { org: 'DEMO' }])
      found.check(
        visible(await from(product, anybody(), written.number, '0000', body.org)) === wrong,
        `the organisation ${body.org} is answered otherwise than a wrong tail: ${visible(await from(product, anybody(), written.number, '0000', body.org))} ${wrong}`,
      );
    return found.end('answers');
  },
};

const median = (all: number[]): number => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
const SAMPLES = 150;

/** Fault 14: the medians of two kinds of requests that take turns. A request that skips opening the contact takes a fraction of the other. */
export const publicStatusTime: Trial = {
  name: 'public-status-time',
  claim: 'A number that does not exist costs the same time as a wrong tail.',
  async run(product) {
    const { number } = await create(product.client);
    must((await post(product.client, {})).status === 201, 'the desk is closed');
    const known: number[] = [];
    const unknown: number[] = [];
    for (let i = 0; i < SAMPLES + 20; i++) {
      const [a, b] = [
        await from(product, anybody(), number, '99999999'),
        await from(product, anybody(), `${number.slice(0, -6)}9${String(10_000 + i)}`, '99999999'),
      ];
      must(a.status === 404 && b.status === 404, `wrong tails are answered ${a.status} and ${b.status}`);
      if (i < 20) continue;
      known.push(a.ms);
      unknown.push(b.ms);
    }
    const ratio = median(unknown) / median(known);
    must(
      ratio > 0.67 && ratio < 1.5,
      `a missing number takes ${median(unknown).toFixed(2)} ms, a wrong tail ${median(known).toFixed(2)} ms`,
    );
    return `medians ${median(unknown).toFixed(2)} ms and ${median(known).toFixed(2)} ms of ${SAMPLES} requests each`;
  },
};
