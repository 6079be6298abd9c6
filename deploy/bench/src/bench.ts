import { fork } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stack, type StackOptions } from 'gongdan';
import pg from 'pg';
import { type Figure } from './report.js';
import { machineFacts } from './machine.js';

/** What a benchmark gets from the run it belongs to. */
export interface Run {
  /** Says what goes on. */
  say(text: string): void;
  machine: string[];
}

export type Benchmark = (run: Run) => Promise<Figure[]>;

/** A home of its own below the system's temporary folder; Postgres runs as another user there. */
export async function withHome<T>(work: (home: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'gongdan-bench-'));
  chmodSync(folder, 0o755);
  try {
    return await work(join(folder, 'home'));
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A stack as `npm start` makes it, durable, on free ports; without services only what they stand on. */
export function withStack<T>(run: Run, options: StackOptions, work: (stack: Stack) => Promise<T>): Promise<T> {
  return withHome(async (home) => {
    // One caller makes all the load of a bench; what is measured is the service, not its rate limit.
    const env = { RATE_CALLER_PER_S: '0', RATE_ORG_PER_S: '0', ...options.env };
    const full: StackOptions = { ...options, env, home, portBase: 0, quiet: true, supervise: false };
    const stack = (full.services ?? []).length === 0 ? await Stack.infra(full) : await Stack.start(full);
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
  /** Its next message. */
  next(): Promise<A>;
  send(message: object): void;
  stop(): Promise<void>;
}

/** Another process of ours from `workers/`: it gets `input` as its first message and answers with messages. */
export function startWorker<A>(name: string, input: object): Worker<A> {
  const child = fork(fileURLToPath(new URL(`workers/${name}.js`, import.meta.url)), [], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const arrived: A[] = [];
  const waiting: { resolve: (a: A) => void; reject: (e: Error) => void }[] = [];
  let ended: Error | undefined;
  const gone = new Promise<void>((resolve) => {
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
      await gone;
      process.off('exit', end);
    },
  };
}

/** For a worker that answers once and ends. */
export async function askWorker<A>(name: string, input: object): Promise<A> {
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

/** The same server, another database. */
export function databaseAt(url: string, name: string): string {
  const at = new URL(url);
  at.pathname = `/${name}`;
  return at.toString();
}

export const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));
