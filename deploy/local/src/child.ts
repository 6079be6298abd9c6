import { type ChildProcess, execFile, spawn, type SpawnOptions } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface ChildSpec {
  name: string;
  command: string;
  args: string[];
  log: string;
  /** What its command line shows while it lives: how a later run knows it from a stranger with the same number. */
  marker: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  uid?: number | undefined;
  gid?: number | undefined;
  /** How it is asked to go. */
  stopSignal?: NodeJS.Signals;
}

/** A process of the stack, with its log. */
export class Child {
  private process: ChildProcess | undefined;
  private exiting: Promise<void> = Promise.resolve();
  /** Set while its going is wanted. */
  leaving = false;

  constructor(
    readonly spec: ChildSpec,
    private readonly onExit: (child: Child, how: string) => void = () => undefined,
  ) {}

  get pid(): number | undefined {
    return this.alive ? this.process?.pid : undefined;
  }

  get alive(): boolean {
    return this.process !== undefined && this.process.exitCode === null && this.process.signalCode === null;
  }

  start(): void {
    const log = openSync(this.spec.log, 'a');
    const options: SpawnOptions = { stdio: ['ignore', log, log], cwd: this.spec.cwd, env: this.spec.env ?? process.env };
    // Its own group: a Ctrl-C in the terminal reaches only us, and we stop the parts in order.
    options.detached = true;
    if (this.spec.uid !== undefined) options.uid = this.spec.uid;
    if (this.spec.gid !== undefined) options.gid = this.spec.gid;
    this.leaving = false;
    const child = spawn(this.spec.command, this.spec.args, options);
    closeSync(log);
    this.process = child;
    this.exiting = new Promise((resolve) => {
      child.once('error', (error) => {
        this.onExit(this, error.message);
        resolve();
      });
      child.once('exit', (code, signal) => {
        this.onExit(this, signal ?? `code ${code}`);
        resolve();
      });
    });
  }

  signal(signal: NodeJS.Signals): void {
    if (this.alive) this.process?.kill(signal);
  }

  /** Asks, waits, then kills. */
  async stop(withinMs = 45_000): Promise<void> {
    this.leaving = true;
    if (!this.alive) return;
    this.signal(this.spec.stopSignal ?? 'SIGTERM');
    const late = setTimeout(() => this.signal('SIGKILL'), withinMs);
    await this.exiting;
    clearTimeout(late);
  }

  /** Resolves when it is gone. */
  gone(): Promise<void> {
    return this.exiting;
  }

  tail(lines = 15): string {
    try {
      return readFileSync(this.spec.log, 'utf8').trim().split('\n').slice(-lines).join('\n');
    } catch {
      return '';
    }
  }
}

/** Ends a process an earlier run left behind, if it really is ours. */
export async function endLeftOver(pid: number, marker: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<boolean> {
  try {
    if (!(await commandLine(pid)).includes(marker)) return false;
    process.kill(pid, signal);
    const until = performance.now() + 10_000;
    while (performance.now() < until) {
      await new Promise((wake) => setTimeout(wake, 100));
      process.kill(pid, 0);
    }
    process.kill(pid, 'SIGKILL');
  } catch {
    // No such process: exactly what we want.
  }
  return true;
}

/** Slim containers have no ps; other systems have no /proc. */
async function commandLine(pid: number): Promise<string> {
  if (existsSync('/proc/self/cmdline')) return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  return (await run('ps', ['-ww', '-o', 'args=', '-p', String(pid)])).stdout;
}

/** Polls until `check` is true. */
export async function until(what: string, check: () => Promise<boolean>, withinMs: number, alive: () => boolean = () => true): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await check().catch(() => false))) {
    if (!alive()) throw new Error(`${what} ended while starting`);
    if (performance.now() > end) throw new Error(`${what} was not ready within ${Math.round(withinMs / 1_000)} s`);
    await new Promise((wake) => setTimeout(wake, 50));
  }
}
