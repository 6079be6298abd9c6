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
  private stopping: Promise<void> | undefined;
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
    if (this.alive) throw new Error(`${this.spec.name} runs already`);
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

  /** Asks once, waits, then kills. */
  async stop(withinMs = 45_000): Promise<void> {
    this.leaving = true;
    if (!this.alive) return;
    // A second SIGTERM would cut the drain short.
    this.stopping ??= this.end(withinMs).finally(() => (this.stopping = undefined));
    await this.stopping;
  }

  private async end(withinMs: number): Promise<void> {
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

/** Ends a process an earlier run left behind, if it really is ours; false when there was none. */
export async function endLeftOver(pid: number, marker: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<boolean> {
  const lives = async (): Promise<boolean> => (await commandLine(pid)).includes(marker);
  if (!(await lives())) return false;
  try {
    process.kill(pid, signal);
    for (const end = performance.now() + 10_000; performance.now() < end;) {
      await new Promise((wake) => setTimeout(wake, 100));
      if (!(await lives())) return true;
    }
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone between the look and the signal: exactly what we want.
  }
  return true;
}

/** Empty when there is no such process. Slim containers have no ps; other systems have no /proc. */
async function commandLine(pid: number): Promise<string> {
  try {
    if (existsSync('/proc/self/cmdline')) return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return (await run('ps', ['-ww', '-o', 'args=', '-p', String(pid)])).stdout;
  } catch {
    return '';
  }
}

/** Polls until `check` is true. */
export async function until(
  what: string,
  check: () => Promise<boolean>,
  withinMs: number,
  alive: () => boolean = () => true,
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await check().catch(() => false))) {
    if (!alive()) throw new Error(`${what} ended while starting`);
    if (performance.now() > end) throw new Error(`${what} was not ready within ${Math.round(withinMs / 1_000)} s`);
    await new Promise((wake) => setTimeout(wake, 50));
  }
}
