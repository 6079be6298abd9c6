import { type LoggerService } from '@nestjs/common';

type Level = 'debug' | 'info' | 'warn' | 'error';
const ORDER: Record<Level, number> = { debug: 0, info: 1, warn: 2, error: 3 };

const settings: { level: Level; service: string } = { level: 'info', service: 'gongdan' };

export function configureLogging(service: string, level: Level): void {
  settings.level = level;
  settings.service = service;
}

type Write = (message: string, facts?: Record<string, unknown>) => void;

export interface Log extends Record<Level, Write> {
  /**
   * Lines of one piece of work carry its correlation id. Handed down, not ambient: on Node 20 an AsyncLocalStorage in use puts a hook on
   * every promise of the process, and intake accepted a tenth less.
   */
  of(cause: { correlationId: string }): Log;
}

// Names under which secrets and personal data travel: who logs them by accident logs a mask.
const SECRET = /authorization|cookie|password|secret|token|phone|email|contact|sealed/i;

function mask(name: string, value: unknown): unknown {
  if (name !== '' && SECRET.test(name) && value !== undefined && value !== null) return '***';
  if (value instanceof Error) return { name: value.name, message: value.message, stack: value.stack, cause: value.cause };
  return typeof value === 'bigint' ? String(value) : value;
}

function textOf(line: Record<string, unknown>): string {
  try {
    return JSON.stringify(line, mask);
  } catch {
    // A fact with a cycle costs its facts, not the line, and never the work that logs it.
    const { at, level, service, part, message, correlationId } = line;
    return JSON.stringify({ at, level, service, part, message, correlationId });
  }
}

/** JSON lines on stdout. Facts never hold bodies, tokens or contacts. */
export function logger(name: string, correlationId?: string): Log {
  const write =
    (level: Level): Write =>
    (message, facts = {}) => {
      if (ORDER[level] < ORDER[settings.level]) return;
      const line = { at: new Date().toISOString(), level, service: settings.service, part: name, message, correlationId, ...facts };
      process.stdout.write(`${textOf(line)}\n`);
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    of: (cause) => logger(name, cause.correlationId),
  };
}

/** Nest's own lines in the same shape. */
export class NestLines implements LoggerService {
  private readonly out = logger('nest');
  log(message: unknown, context?: unknown): void {
    this.out.debug(String(message), { context });
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.out.error(String(message), { rest: rest.map(String) });
  }
  warn(message: unknown): void {
    this.out.warn(String(message));
  }
  debug(message: unknown): void {
    this.out.debug(String(message));
  }
  verbose(message: unknown): void {
    this.out.debug(String(message));
  }
}
