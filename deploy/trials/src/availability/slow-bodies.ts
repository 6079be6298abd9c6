import { admin, authorization, TICKET } from '../callers.js';
import { probed, Probe } from '../probe.js';
import { must, type Product, type Trial } from '../trial.js';
import { head, Wire } from '../wire.js';
import { publishPack } from 'gongdan';
import { CSV_MAPPING } from './imports.js';

const SLOW_REQUESTS = 1_100;
/** Callers of the one organisation that attacks. A single caller is stopped by its own limit already. */
const CALLERS = 10;
const SLOW_UPLOADS = 1_050;
/** Imports of the attacker. To one import alone, the second upload is refused already. */
const IMPORTS = 100;
/** How long the attack lasts while others are served. */
const HOLD_MS = 3_000;
/** An answer to another organisation takes at most this long; in the fault it did not come at all. */
const SLOWEST_MS = 2_000;

/** While the attack runs: reads of another organisation are answered, and it can register a ticket and upload a file. */
async function othersAreServed(product: Product, attack: () => Promise<Wire>): Promise<string> {
  const { stack, client } = product;
  const other = admin('trial-slow-bystander');
  await publishPack(client, 'starter', other);
  let wire: Wire | undefined;
  const answers = await probed(Probe.start(`${stack.urls.intake}/v1/tickets`, await authorization(product, other)), async () => {
    wire = await attack();
    await new Promise((wake) => setTimeout(wake, HOLD_MS));
    const made = await client.call('intake', 'POST', '/v1/tickets', { as: other, body: TICKET });
    must(made.status === 201, `another organisation's ticket is answered with ${made.status} ${made.text}`);
    const job = await client.must<{ file: string }>('intake', 'POST', '/v1/imports', {
      as: other,
      body: { pack: 'starter', mapping: CSV_MAPPING },
    });
    const upload = await client.call('intake', 'PUT', job.file, { as: other, raw: Buffer.from('key,title\n1,x'), headers: { 'content-type': 'text/csv' } }); // prettier-ignore
    must(upload.status === 202, `another organisation's upload is answered with ${upload.status} ${upload.text}`);
  }).finally(() => wire?.close());
  must(answers.failures === '', `another organisation got ${answers.failures}`);
  must(answers.longestMs < SLOWEST_MS, `another organisation waited ${answers.longestMs} ms for an answer`);
  return `${answers.samples.length} answers to others, the slowest after ${answers.longestMs} ms`;
}

export const slowBodies: Trial = {
  name: 'slow-bodies',
  claim: `Intake serves others while ${SLOW_REQUESTS} requests with valid tokens of one organisation send one byte of a body and no more.`,
  run: (product) =>
    othersAreServed(product, async () => {
      const wire = new Wire(product.stack.urls.intake);
      const callers = await Promise.all(
        Array.from({ length: CALLERS }, (_, n) => authorization(product, admin('trial-slow', `caller-${n}`))),
      );
      const headers = { 'content-type': 'application/json', 'content-length': '1000' };
      await wire.sendMany(SLOW_REQUESTS, (n) => `${head('POST', '/v1/tickets', { ...headers, ...callers[n % CALLERS] })}{`);
      return wire;
    }),
};

export const slowUploads: Trial = {
  name: 'slow-uploads',
  claim: `Intake serves others, uploads included, while one caller sends one byte each of ${SLOW_UPLOADS} uploads to imports of its own.`,
  run: (product) =>
    othersAreServed(product, async () => {
      const wire = new Wire(product.stack.urls.intake);
      const attacker = admin('trial-uploader');
      await publishPack(product.client, 'starter', attacker);
      const jobs = await Promise.all(
        Array.from({ length: IMPORTS }, () =>
          product.client.must<{ file: string }>('intake', 'POST', '/v1/imports', {
            as: attacker,
            body: { pack: 'starter', mapping: CSV_MAPPING },
          }),
        ),
      );
      const headers = { ...(await authorization(product, attacker)), 'content-type': 'text/csv', 'content-length': '1000' };
      await wire.sendMany(SLOW_UPLOADS, (n) => `${head('PUT', jobs[n % IMPORTS]?.file ?? '', headers)}x`);
      return wire;
    }),
};
