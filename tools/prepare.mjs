// Makes a fresh clone runnable: installs the dependencies of the lock file and builds. Used by npm start, npm test, npm run bench.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

function mustHave(command, args, pattern, least, hint) {
  const out = spawnSync(command, args, { encoding: 'utf8' });
  const found = pattern.exec(`${out.stdout ?? ''}${out.stderr ?? ''}`);
  if (out.error || !found || Number(found[1]) < least) {
    console.error(hint);
    process.exit(1);
  }
}

/** Runs a step with its time; the whole output only when it fails. */
export function step(name, command, args, cwd) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const seconds = () => ((performance.now() - start) / 1000).toFixed(1);
    let output = '';
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (d) => (output += d));
    const tty = process.stdout.isTTY;
    const timer = setInterval(
      () => process.stdout.write(tty ? `\r\x1b[K  … ${name} ${seconds()} s` : `  … ${name} ${seconds()} s\n`),
      tty ? 200 : 10_000,
    );
    child.once('error', reject);
    child.once('exit', (code) => {
      clearInterval(timer);
      console.log(`${tty ? '\r\x1b[K' : ''}  ${code === 0 ? '✓' : '✗'} ${name} (${seconds()} s)`);
      if (code === 0) resolve(output);
      else {
        console.error(output.slice(-6000));
        reject(new Error(`${name} failed`));
      }
    });
  });
}

/** `ownBroker`: a Kafka of our own will be started, which needs Java and Maven. */
export async function prepare(root, { ownBroker = true } = {}) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Gongdan needs Node 20.19 or newer; this is ${process.versions.node}.`);
    process.exit(1);
  }
  if (ownBroker) {
    const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java';
    mustHave(
      java,
      ['-version'],
      /version "(\d+)/,
      17,
      'Gongdan needs Java 17 or newer for its Kafka broker (Debian: apt-get install openjdk-17-jre-headless), or for npm start KAFKA_BROKERS of one that runs already.',
    );
    mustHave(
      'mvn',
      ['-v'],
      /Apache Maven (\d+)/,
      3,
      'Gongdan needs Maven to fetch its Kafka broker (Debian: apt-get install maven), or for npm start KAFKA_BROKERS of one that runs already.',
    );
  }
  const hash = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules', '.gongdan-lock');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== hash) {
    await step('npm ci', 'npm', ['ci', '--no-audit', '--no-fund'], root);
    writeFileSync(stamp, hash);
  }
  mkdirSync(join(root, '.gongdan'), { recursive: true });
  await step('build', process.execPath, [join(root, 'node_modules/@typescript/native/bin/tsc'), '-b'], root);
}
