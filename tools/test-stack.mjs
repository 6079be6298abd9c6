// Starts the stack of `npm test` and keeps it running, for `npx nx test <project>` and for a single spec.
//   node tools/test-stack.mjs    prints the line to export and runs until Ctrl-C
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onSignal } from './on-signal.mjs';
import { prepare } from './prepare.mjs';

await prepare(resolve(fileURLToPath(new URL('..', import.meta.url))));
const { Stack } = await import('../deploy/local/dist/index.js');
const work = mkdtempSync(join(tmpdir(), 'gongdan-test-stack-'));
// Postgres does not run as root: another user must be able to enter its folder.
chmodSync(work, 0o755);
const starting = Stack.infra({ home: join(work, 'infra'), mode: 'test', portBase: 0, unsafePostgres: true });
onSignal(async () => {
  await starting.then(
    (infra) => infra.stop(),
    () => undefined,
  );
  rmSync(work, { recursive: true, force: true });
}, 0);
const infra = await starting;
console.log(
  `\nexport GONGDAN_TEST_STACK='${JSON.stringify({ postgres: infra.postgresAdminUrl, kafka: infra.kafka, redis: infra.redis })}'\n\nin another terminal; Ctrl-C here stops it`,
);
