import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AuditLog } from './audit.js';
import { configureLogging } from '../watching/logging.js';

const lines: Record<string, unknown>[] = [];
beforeEach(() => {
  lines.length = 0;
  configureLogging('intake', 'error');
  jest.useFakeTimers();
  jest.spyOn(process.stdout, 'write').mockImplementation(((text: string) => {
    lines.push(JSON.parse(text) as Record<string, unknown>);
    return true;
  }) as never);
});
afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
  configureLogging('spec', 'error');
});

const facts = { code: 'platform/bad-token', route: 'GET /v1/things/:id', correlationId: 'case-12345' };

describe('the audit log', () => {
  it('writes a line of its own stream at every log level', () => {
    new AuditLog().record('login-refused', facts);
    expect(lines).toEqual([expect.objectContaining({ stream: 'audit', service: 'intake', event: 'login-refused', ...facts })]);
  });

  it.each([
    ['203.0.113.77', '203.0.113.0/24'],
    ['::ffff:203.0.113.77', '203.0.113.0/24'],
    ['2001:db8:7:8:9:a:b:c', '2001:db8:7::/48'],
    ['2001:db8::1', '2001:db8:0::/48'],
    ['::1', '0:0:0::/48'],
  ])('writes the network of %s as %s, and not the address', (address, network) => {
    new AuditLog().record('login-refused', { ...facts, address });
    expect(lines[0]).toMatchObject({ network });
    expect(JSON.stringify(lines)).not.toContain(address);
  });

  it('writes a digest of the caller, the same for the same caller, and not the name', () => {
    const log = new AuditLog();
    for (const id of ['wang.fang', 'wang.fang', 'li.na']) log.record('right-refused', { ...facts, caller: { org: 'acme', id } });
    expect(JSON.stringify(lines)).not.toContain('wang');
    const digests = lines.map((line) => line['caller']);
    expect(digests[0]).toBe(digests[1]);
    expect(digests[0]).not.toBe(digests[2]);
  });

  it('writes at most 20 lines per code and window, counts the others, and starts again in the next window', () => {
    const log = new AuditLog({ windowMs: 1_000 });
    for (let i = 0; i < 500; i++) log.record('login-refused', facts);
    log.record('right-refused', { ...facts, code: 'platform/no-right' });
    expect(lines).toHaveLength(21);
    jest.advanceTimersByTime(1_000);
    expect(lines[21]).toMatchObject({ stream: 'audit', code: 'platform/bad-token', suppressed: 480 });
    log.record('login-refused', facts);
    expect(lines).toHaveLength(23);
  });
});
