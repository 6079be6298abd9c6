import { type LoggerService } from '@nestjs/common';
import { iso } from '@gongdan/kernel';
import { wallClockMs } from '../time/wall-clock.js';

type Level = 'debug' | 'info' | 'warn' | 'error';
const ORDER: Record<Level, number> = { debug: 0, info: 1, warn: 2, error: 3 };

const settings: { level: Level; service: string } = { level: 'info', service: 'gongdan' };

export function configureLogging(service: string, level: Level): void {
  settings.level = level;
  settings.service = service;
}

type Write = (message: string, details?: Record<string, unknown>) => void;

export interface Log extends Record<Level, Write> {
  /**
   * A log whose lines carry the correlation id of a request or event. It is passed as an argument: on Node 20 an AsyncLocalStorage in use
   * puts a hook on every promise of the process, and intake accepted 10 % fewer tickets.
   */
  of(cause: { correlationId: string }): Log;
}

// Names of properties that hold secrets and personal data. Their values are masked, in case code logs them by accident.
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
    // Details with a cycle are dropped. The line is written, and the caller never fails because of it.
    const { at, level, service, part, message, correlationId } = line;
    return JSON.stringify({ at, level, service, part, message, correlationId });
  }
}

/** Writes one line of JSON on stdout, with the time and the service. */
export function writeLine(fields: Record<string, unknown>): void {
  process.stdout.write(`${textOf({ at: iso(wallClockMs()), service: settings.service, ...fields })}\n`);
}

/** A log of one part of the service: JSON lines on stdout. Details never hold bodies, tokens or contacts. */
export function logger(name: string, correlationId?: string): Log {
  const write =
    (level: Level): Write =>
    (message, details = {}) => {
      if (ORDER[level] >= ORDER[settings.level]) writeLine({ level, part: name, message, correlationId, ...details });
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    of: (cause) => logger(name, cause.correlationId),
  };
}

/** Writes Nest's own lines in the same format. */
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
