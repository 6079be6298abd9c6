import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { PROJECT, withoutSettings } from 'gongdan';
import { type Run, withHome } from './bench.js';
import { type Figure, n } from './report.js';

const WITHIN_MS = 180_000;

interface Start {
  /** From the command to the line `Ready in`. */
  seconds: number;
  stopSeconds: number;
}

/** Runs `npm start` twice in one home; the second start finds the data of the first. */
export async function start(run: Run): Promise<Figure[]> {
  return withHome(async (home) => {
    const first = await once(home);
    run.log(`first start in a new home: ${n(first.seconds, 1)} s`);
    const second = await once(home);
    return [
      {
        what: '`npm start`, second time',
        target: '≤ 15 s to ready',
        measured: `${n(second.seconds, 1)} s`,
        met: second.seconds <= 15,
        notes: [
          'From the command to the line `Ready in`: check of the build, Kafka, Postgres, Redis, five services ready, starter pack published.',
          `First start in a new home, with everything downloaded and built: ${n(first.seconds, 1)} s. Stopping: ${n(second.stopSeconds, 1)} s.`,
        ],
      },
    ];
  });
}

async function once(home: string): Promise<Start> {
  const begin = performance.now();
  const child = spawn(process.execPath, [join(PROJECT, 'deploy/local/bin/start.mjs')], {
    cwd: PROJECT,
    env: { ...withoutSettings(process.env), GONGDAN_HOME: home, GONGDAN_PORT_BASE: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  // It stops its parts on SIGTERM, which must be sent even when this run is interrupted.
  const terminate = (): void => void child.kill('SIGTERM');
  process.once('exit', terminate);
  try {
    await ready(child);
    const seconds = (performance.now() - begin) / 1_000;
    const stopping = performance.now();
    terminate();
    await exited;
    return { seconds, stopSeconds: (performance.now() - stopping) / 1_000 };
  } finally {
    terminate();
    await exited;
    process.off('exit', terminate);
  }
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (why: string): void => reject(new Error(`${why}\n${output.slice(-3_000)}`));
    const timeout = setTimeout(() => fail(`not ready within ${WITHIN_MS / 1_000} s`), WITHIN_MS);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (data) => {
        output += String(data);
        if (!output.includes('Ready in')) return;
        clearTimeout(timeout);
        resolve();
      });
    }
    child.once('exit', (code) => {
      clearTimeout(timeout);
      fail(`npm start exited with ${code}`);
    });
  });
}
