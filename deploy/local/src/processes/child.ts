import { type ChildProcess, execFile, spawn, type SpawnOptions } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface ChildSpec {
  name: string;
  command: string;
  args: string[];
  log: string;
  /** Part of its command line. A later run uses it to distinguish this process from another one that was given the same pid. */
  marker: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  uid?: number | undefined;
  gid?: number | undefined;
  /** The signal that stops it; SIGTERM by default. */
  stopSignal?: NodeJS.Signals;
}

/** A process of the stack, with its log file. */
export class Child {
  private process: ChildProcess | undefined;
  private exiting: Promise<void> = Promise.resolve();
  private stopping: Promise<void> | undefined;
  /** True once the process was asked to end, so that it is not restarted. */
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
    if (this.alive) throw new Error(`${this.spec.name} is running already`);
    const log = openSync(this.spec.log, 'a');
    const options: SpawnOptions = { stdio: ['ignore', log, log], cwd: this.spec.cwd, env: this.spec.env ?? process.env };
    // A process group of its own: Ctrl-C in the terminal reaches only this process, which stops the parts in order.
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

  /** Sends the stop signal once, waits, and kills the process when it does not end in time. */
  async stop(withinMs = 45_000): Promise<void> {
    this.leaving = true;
    if (!this.alive) return;
    // A service that receives a second SIGTERM ends without draining.
    this.stopping ??= this.end(withinMs).finally(() => (this.stopping = undefined));
    await this.stopping;
  }

  private async end(withinMs: number): Promise<void> {
    this.signal(this.spec.stopSignal ?? 'SIGTERM');
    const late = setTimeout(() => this.signal('SIGKILL'), withinMs);
    await this.exiting;
    clearTimeout(late);
  }

  /** Resolves when the process has ended. */
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

/** Ends a process that an earlier run left behind. Returns false when there is none whose command line holds the marker. */
export async function endLeftOver(pid: number, marker: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<boolean> {
  const isRunning = async (): Promise<boolean> => (await commandLine(pid)).includes(marker);
  if (!(await isRunning())) return false;
  const isGone = async (): Promise<boolean> => !(await isRunning());
  try {
    process.kill(pid, signal);
    await until('the end of the process', isGone, 10_000).catch(async () => {
      process.kill(pid, 'SIGKILL');
      await until('the end of the killed process', isGone, 10_000);
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    // It ended between the check and the signal.
  }
  return true;
}

/** Returns the command line of a process, empty when there is none. Slim containers have no ps, other systems have no /proc. */
async function commandLine(pid: number): Promise<string> {
  try {
    if (existsSync('/proc/self/cmdline')) return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return (await run('ps', ['-ww', '-o', 'args=', '-p', String(pid)])).stdout;
  } catch {
    return '';
  }
}

/** Polls every 50 ms until `check` returns true; a check that throws counts as false. Throws after `withinMs`, or when `alive` returns false. */
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
