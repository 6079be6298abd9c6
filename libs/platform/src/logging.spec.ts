import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { configureLogging, logger } from './logging.js';

const lines: Record<string, unknown>[] = [];
beforeEach(() => {
  lines.length = 0;
  configureLogging('intake', 'info');
  jest.spyOn(process.stdout, 'write').mockImplementation(((text: string) => {
    lines.push(
      ...text
        .trim()
        .split('\n')
        .map((l) => JSON.parse(l) as Record<string, unknown>),
    );
    return true;
  }) as never);
});
afterEach(() => {
  jest.restoreAllMocks();
  configureLogging('spec', 'error');
});

describe('log lines', () => {
  it('are one JSON object each, with service, level, message and facts', () => {
    logger('relay').warn('waits', { part: 7 });
    expect(lines).toEqual([expect.objectContaining({ level: 'warn', service: 'intake', message: 'waits', part: 7 })]);
  });

  it('obey the level', () => {
    logger('x').debug('unheard');
    logger('x').info('heard');
    expect(lines.map((l) => l['message'])).toEqual(['heard']);
  });

  it('carry the correlation id of whose work it is', () => {
    const log = logger('x');
    log.of({ correlationId: 'case-one' }).info('one');
    log.info('outside');
    expect(lines.map((l) => l['correlationId'])).toEqual(['case-one', undefined]);
  });

  it('cannot be forged by a line break', () => {
    logger('x').info('a\n{"level":"error"}', { reason: 'b\r\nc' });
    expect(lines).toHaveLength(1);
  });

  it('survive facts that are no JSON', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(() => logger('x').info('cycle', cycle)).not.toThrow();
    expect(() => logger('x').info('big', { n: 10n })).not.toThrow();
  });

  it('mask what must not stand in a log', () => {
    logger('x').info('a slip', {
      authorization: 'Bearer canary',
      contact: { phone: '13800001111' },
      nested: { password: 'canary', email: 'a@b.c' },
    });
    expect(JSON.stringify(lines)).not.toMatch(/canary|138|a@b/);
  });

  it('tell an error with its message', () => {
    logger('x').error('failed', { error: new Error('the reason') });
    expect(JSON.stringify(lines[0])).toContain('the reason');
  });
});
