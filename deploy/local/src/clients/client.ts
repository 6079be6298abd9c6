import { Home, type ServiceName } from '../home/home.js';
import { type Person, tokenFor } from './keys.js';
import { personOf } from './people.js';

export interface Answer<T = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: T;
  text: string;
}

/** Calls the HTTP API of a running local stack, with tokens it makes from the key of the stack. */
export class Client {
  private readonly tokens = new Map<string, Promise<string>>();

  constructor(
    readonly home: Home,
    private readonly urls: Partial<Record<ServiceName, string>>,
  ) {}

  /** Returns a client of the stack that `npm start` runs in this checkout; throws when none runs. */
  static running(): Client {
    const home = new Home();
    const { urls } = home.read();
    if (Object.keys(urls).length === 0) throw new Error('Gongdan is not running in this checkout: run `npm start` first');
    return new Client(home, urls);
  }

  async call<T = Record<string, unknown>>(
    service: ServiceName,
    method: string,
    path: string,
    options: {
      as?: string | Person;
      body?: unknown;
      raw?: NodeJS.ReadableStream | Uint8Array;
      headers?: Record<string, string>;
      timeoutMs?: number;
    } = {},
  ): Promise<Answer<T>> {
    const headers: Record<string, string> = { authorization: `Bearer ${await this.token(options.as ?? 'root')}`, ...options.headers };
    if (options.body !== undefined) headers['content-type'] ??= 'application/json';
    const answer = await fetch(`${this.urls[service]}${path}`, {
      method,
      headers,
      body: (options.raw ?? (options.body === undefined ? null : JSON.stringify(options.body))) as never,
      signal: AbortSignal.timeout(options.timeoutMs ?? 30_000),
      ...(options.raw ? { duplex: 'half' } : {}),
    } as RequestInit);
    const text = await answer.text();
    const json = /json/.test(answer.headers.get('content-type') ?? '');
    return { status: answer.status, headers: answer.headers, text, body: (json ? JSON.parse(text) : {}) as T };
  }

  /** Like `call`, but throws an error with the answer for every status except 2xx. */
  async must<T = Record<string, unknown>>(
    service: ServiceName,
    method: string,
    path: string,
    options: Parameters<Client['call']>[3] = {},
  ): Promise<T> {
    const answer = await this.call<T>(service, method, path, options);
    if (answer.status >= 300)
      throw new Error(`${service} ${method} ${path}: ${answer.status} ${reasonOf(answer.body as Problem, answer.text)}`);
    return answer.body;
  }

  private token(as: string | Person): Promise<string> {
    const person = typeof as === 'string' ? personOf(as) : as;
    const key = JSON.stringify(person);
    const known = this.tokens.get(key) ?? tokenFor(this.home, person);
    this.tokens.set(key, known);
    return known;
  }
}

export interface Problem {
  code?: string;
  title?: string;
  detail?: string;
  errors?: { pointer: string; detail: string }[];
}

/** What a problem document says, in a few lines. */
export function reasonOf({ code, title, detail, errors }: Problem, text: string): string {
  if (code === undefined) return text.slice(0, 600);
  return [[code, detail ?? title].filter(Boolean).join(': '), ...(errors ?? []).map((e) => `  ${e.pointer}: ${e.detail}`)].join('\n');
}
