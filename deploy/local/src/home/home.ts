import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of this checkout. */
export const PROJECT = resolve(fileURLToPath(new URL('../../../../', import.meta.url)));

export const SERVICES = ['intake', 'dispatch', 'sla', 'notify', 'reporting'] as const;
/** What the services need, in the order in which it is stopped. */
export const INFRA = ['kafka', 'postgres', 'redis'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** What a running stack writes down for the commands: addresses and process ids. */
export interface State {
  mode: 'demo' | 'test';
  ports: Record<string, number>;
  pids: Record<string, { pid: number; marker: string }>;
  urls: Partial<Record<ServiceName, string>>;
  kafka?: string;
  mailUrl?: string;
  smtpUrl?: string;
}

const PROJECT_HOME = join(PROJECT, '.gongdan');
/** What a run makes, but for `postgres`, which Postgres guards itself and which may belong to another user. */
const OWN_ENTRIES = new Set(['kafka', 'redis', 'logs', 'mail.jsonl', 'state.json', 'secrets', 'jwks.json', 'compile-cache']);

/**
 * `.gongdan/` of a checkout: data, logs, secrets, state. Its files and folders give no right to other users. From the first home on, that holds for
 * everything this process and the parts it starts create.
 */
export class Home {
  readonly path: string;

  constructor(path = process.env['GONGDAN_HOME'] ?? PROJECT_HOME) {
    this.path = resolve(path);
    this.makeFolder();
    this.closeToOthers();
    mkdirSync(this.dir('logs'), { recursive: true });
  }

  // Postgres does not run as root: its user must be able to pass through the folder to its data, and only that.
  private makeFolder(): void {
    const root = process.getuid?.() === 0;
    // A folder with other files in it may belong to another user, and keeps its mode.
    const own = this.path === PROJECT_HOME || !existsSync(this.path) || readdirSync(this.path).length === 0;
    process.umask(root ? 0o066 : 0o077);
    mkdirSync(this.path, { recursive: true });
    if (own) chmodSync(this.path, root ? 0o711 : 0o700);
    process.umask(0o077);
  }

  // An earlier version left some files readable by all users. Files in a folder that is closed need no check.
  private closeToOthers(): void {
    const close = (path: string): void => {
      try {
        const entry = lstatSync(path);
        if (entry.isSymbolicLink() || (entry.mode & 0o077) === 0) return;
        if (entry.isDirectory()) for (const name of readdirSync(path)) close(join(path, name));
        chmodSync(path, entry.mode & 0o700);
      } catch (error) {
        // A part that is running may just have deleted the file.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    };
    for (const name of readdirSync(this.path)) if (OWN_ENTRIES.has(name)) close(this.dir(name));
  }

  dir(...parts: string[]): string {
    return join(this.path, ...parts);
  }

  log(name: string): string {
    return this.dir('logs', `${name}.log`);
  }

  /** In the folder for temporary files, because the path of a Unix socket has 108 characters at most. */
  get controlSocket(): string {
    return join(tmpdir(), `gongdan-${createHash('sha256').update(this.path).digest('hex').slice(0, 12)}.sock`);
  }

  read(): State {
    const empty: State = { mode: 'demo', ports: {}, pids: {}, urls: {} };
    return existsSync(this.dir('state.json'))
      ? { ...empty, ...(JSON.parse(readFileSync(this.dir('state.json'), 'utf8')) as Partial<State>) }
      : empty;
  }

  write(state: State): void {
    writeFileSync(this.dir('state.json.new'), `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
    renameSync(this.dir('state.json.new'), this.dir('state.json'));
  }

  /** Returns a secret of this home, base64url of `bytes` random bytes; it is made at the first call. */
  secret(name: string, bytes = 24): string {
    const file = this.dir('secrets', name);
    if (!existsSync(file)) {
      mkdirSync(this.dir('secrets'), { recursive: true, mode: 0o700 });
      writeFileSync(file, randomBytes(bytes).toString('base64url'), { mode: 0o600 });
    }
    return readFileSync(file, 'utf8');
  }

  /** Deletes everything a run made. The cache of downloads stays. */
  wipe(): void {
    for (const part of ['postgres', ...OWN_ENTRIES]) rmSync(this.dir(part), { recursive: true, force: true });
    mkdirSync(this.dir('logs'), { recursive: true });
  }
}

/** Downloads, shared by all homes of a checkout. */
export const CACHE = join(PROJECT_HOME, 'cache');
