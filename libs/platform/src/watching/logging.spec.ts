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
  it('writes one JSON object per line, with service, level, message and details', () => {
    logger('relay').warn('waits', { part: 7 });
    expect(lines).toEqual([expect.objectContaining({ level: 'warn', service: 'intake', message: 'waits', part: 7 })]);
  });

  it('writes no line below the configured level', () => {
    logger('x').debug('below');
    logger('x').info('at');
    expect(lines.map((l) => l['message'])).toEqual(['at']);
  });

  it('writes the correlation id of the request or event', () => {
    const log = logger('x');
    log.of({ correlationId: 'case-one' }).info('one');
    log.info('outside');
    expect(lines.map((l) => l['correlationId'])).toEqual(['case-one', undefined]);
  });

  it('escapes line breaks, so that no line can be forged', () => {
    logger('x').info('a\n{"level":"error"}', { reason: 'b\r\nc' });
    expect(lines).toHaveLength(1);
  });

  it('writes a line whose details are not JSON', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(() => logger('x').info('cycle', cycle)).not.toThrow();
    expect(() => logger('x').info('big', { n: 10n })).not.toThrow();
  });

  it('masks secrets and personal data', () => {
    logger('x').info('logged by accident', {
      authorization: 'Bearer canary',
      contact: { phone: '13800001111' },
      nested: { password: 'canary', email: 'a@b.c' },
    });
    expect(JSON.stringify(lines)).not.toMatch(/canary|138|a@b/);
  });

  it('writes the message of an error', () => {
    logger('x').error('failed', { error: new Error('the reason') });
    expect(JSON.stringify(lines[0])).toContain('the reason');
  });
});
