import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of this checkout. */
export const PROJECT = resolve(fileURLToPath(new URL('../../../', import.meta.url)));

export const SERVICES = ['intake', 'dispatch', 'sla', 'notify', 'reporting'] as const;
/** What they stand on, in the order of a stop. */
export const INFRA = ['kafka', 'postgres', 'redis'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** What a running stack leaves for the commands: addresses, process ids, where the keys are. */
export interface State {
  mode: 'demo' | 'test';
  ports: Record<string, number>;
  pids: Record<string, { pid: number; marker: string }>;
  urls: Partial<Record<ServiceName, string>>;
  kafka?: string;
  mailUrl?: string;
  smtpUrl?: string;
}

/** `.gongdan/` of a checkout: data, logs, secrets, state. */
export class Home {
  readonly path: string;

  constructor(path = process.env['GONGDAN_HOME'] ?? join(PROJECT, '.gongdan')) {
    this.path = resolve(path);
    mkdirSync(this.dir('logs'), { recursive: true });
  }

  dir(...parts: string[]): string {
    return join(this.path, ...parts);
  }

  log(name: string): string {
    return this.dir('logs', `${name}.log`);
  }

  /** Unix sockets have 108 characters: a deep checkout would not fit. */
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

  /** A secret made once per home. */
  secret(name: string, bytes = 24): string {
    const file = this.dir('secrets', name);
    if (!existsSync(file)) {
      mkdirSync(this.dir('secrets'), { recursive: true, mode: 0o700 });
      writeFileSync(file, randomBytes(bytes).toString('base64url'), { mode: 0o600 });
    }
    return readFileSync(file, 'utf8');
  }

  /** Everything a run made; the cache of downloaded jars stays. */
  wipe(): void {
    for (const part of ['kafka', 'postgres', 'redis', 'logs', 'mail.jsonl', 'state.json', 'secrets', 'jwks.json'])
      rmSync(this.dir(part), { recursive: true, force: true });
    mkdirSync(this.dir('logs'), { recursive: true });
  }
}

/** Downloads are shared by all homes of a checkout. */
export const CACHE = join(PROJECT, '.gongdan', 'cache');
