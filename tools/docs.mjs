// `npm run docs`: writes docs/openapi/*.json as the services serve them and docs/asyncapi.json from the event contracts. `npm test` compares.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeOperations } from './docstrings.mjs';
import { onSignal } from './on-signal.mjs';
import { prepare } from './prepare.mjs';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));
await prepare(root);
const { Stack, Client, SERVICES } = await import('../deploy/local/dist/index.js');
const { asyncApi } = await import('../libs/contracts/dist/index.js');
const folder = mkdtempSync(join(tmpdir(), 'gongdan-docs-'));
chmodSync(folder, 0o755);
const starting = Stack.start({ home: join(folder, 'home'), mode: 'demo', portBase: 0, unsafePostgres: true });
const clean = async () => {
  await starting.then(
    (stack) => stack.stop(),
    () => undefined,
  );
  rmSync(folder, { recursive: true, force: true });
};
onSignal(clean);
try {
  const stack = await starting;
  const client = new Client(stack.home, stack.urls);
  mkdirSync(join(root, 'docs/openapi'), { recursive: true });
  const consumes = {};
  for (const service of SERVICES) {
    const document = describeOperations(await client.must(service, 'GET', '/openapi.json'), service);
    writeFileSync(join(root, `docs/openapi/${service}.json`), `${JSON.stringify(document, null, 1)}\n`);
    consumes[service] = (await client.must(service, 'GET', '/v1/ops/bus', { as: 'ops' })).handledEvents;
    console.log(`docs/openapi/${service}.json: ${Object.keys(document.paths).length} paths`);
  }
  writeFileSync(join(root, 'docs/asyncapi.json'), `${JSON.stringify(asyncApi({ consumes }), null, 1)}\n`);
  console.log('docs/asyncapi.json');
} finally {
  await clean();
}
