import { fork } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stack, type StackOptions } from 'gongdan';
import pg from 'pg';
import { type Figure } from './report.js';
import { machineFacts } from './machine.js';

/** What a benchmark receives from the run it belongs to. */
export interface Run {
  /** Prints progress. */
  log(text: string): void;
  /** Lines that describe the machine; the first benchmark with a stack fills them. */
  machine: string[];
}

export type Benchmark = (run: Run) => Promise<Figure[]>;

/** A home below the system's temporary folder, removed afterwards. Postgres runs there as another user, so the folder is readable for all. */
export async function withHome<T>(work: (home: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'gongdan-bench-'));
  chmodSync(folder, 0o755);
  try {
    return await work(join(folder, 'home'));
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A stack as `npm start` makes it: durable, on free ports. With an empty list of services only Kafka, Postgres and Redis run. */
export function withStack<T>(
  run: Run,
  options: StackOptions,
  work: (stack: Stack) => Promise<T>,
  /** The class of another checkout starts the services of that checkout. */
  of: Pick<typeof Stack, 'infra' | 'start'> = Stack,
): Promise<T> {
  return withHome(async (home) => {
    // One caller sends all the load of a benchmark. The rate limits are off, because the benchmark measures the service.
    const env = { RATE_CALLER_PER_S: '0', RATE_ORG_PER_S: '0', ...options.env };
    const full: StackOptions = { ...options, env, home, portBase: 0, quiet: true, supervise: options.supervise ?? false };
    const stack = (full.services ?? []).length === 0 ? await of.infra(full) : await of.start(full);
    try {
      if (run.machine.length === 0) run.machine.push(...(await machineFacts(stack.postgresAdminUrl)));
      return await work(stack);
    } finally {
      await stack.stop();
    }
  });
}

export interface Worker<A> {
  pid: number;
  /** The next message of the process; rejects when the process ended. */
  next(): Promise<A>;
  send(message: object): void;
  stop(): Promise<void>;
}

/** Starts a process from `workers/`. It receives `input` as its first message and sends its results as messages. */
export function startWorker<A>(name: string, input: object): Worker<A> {
  const child = fork(fileURLToPath(new URL(`workers/${name}.js`, import.meta.url)), [], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const arrived: A[] = [];
  const waiting: { resolve: (a: A) => void; reject: (e: Error) => void }[] = [];
  let ended: Error | undefined;
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = new Error(`the worker ${name} ended (${signal ?? code})`);
      for (const w of waiting.splice(0)) w.reject(ended);
      resolve();
    });
  });
  child.on('message', (message) => {
    const first = waiting.shift();
    if (first) first.resolve(message as A);
    else arrived.push(message as A);
  });
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  child.send(input);
  return {
    pid: child.pid ?? 0,
    next: () => {
      const message = arrived.shift();
      if (message !== undefined) return Promise.resolve(message);
      return ended ? Promise.reject(ended) : new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    send: (message) => void child.send(message),
    stop: async () => {
      end();
      await exited;
      process.off('exit', end);
    },
  };
}

/** Starts a worker, waits for its one result and stops it. */
export async function runWorker<A>(name: string, input: object): Promise<A> {
  const worker = startWorker<A>(name, input);
  try {
    return await worker.next();
  } finally {
    await worker.stop();
  }
}

export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The URL of another database of the same server. */
export function databaseAt(url: string, name: string): string {
  const at = new URL(url);
  at.pathname = `/${name}`;
  return at.toString();
}

export const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));
