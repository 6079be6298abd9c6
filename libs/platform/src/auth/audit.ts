import { createHash } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { writeLine } from '../watching/logging.js';

export interface AuditFacts {
  /** Why: a stable code. */
  code: string;
  /** Method and pattern of the route; a path could hold personal data. */
  route: string;
  correlationId: string;
  /** Where the request came from; only its network is written. */
  address?: string;
  /** Whose token it was; only a digest is written. */
  caller?: { org: string; id: string };
}

export type AuditEvent = 'login-refused' | 'right-refused';

interface Window {
  written: number;
  suppressed: number;
}

/**
 * Refused logins and rights, as JSON lines with `"stream": "audit"`, which a collector can route on its own. They are written at every log
 * level. They hold no personal data: a caller is a digest, an address its network (/24 or /48). An attacker must not be able to fill the
 * disk: each code gets at most `most` lines per window, and then one line that counts the others.
 */
export class AuditLog {
  private readonly windows = new Map<string, Window>();

  constructor(private readonly options: { most?: number; windowMs?: number; silent?: boolean } = {}) {}

  record(event: AuditEvent, facts: AuditFacts): void {
    if (this.options.silent) return;
    const window = this.windows.get(facts.code) ?? this.open(event, facts.code);
    if (window.written >= (this.options.most ?? 20)) {
      window.suppressed += 1;
      return;
    }
    window.written += 1;
    const { address, caller, ...plain } = facts;
    writeLine({
      stream: 'audit',
      event,
      ...plain,
      ...(address === undefined ? {} : { network: networkOf(address) }),
      ...(caller === undefined ? {} : { org: caller.org, caller: digestOf(`${caller.org}/${caller.id}`) }),
    });
  }

  private open(event: AuditEvent, code: string): Window {
    const window: Window = { written: 0, suppressed: 0 };
    this.windows.set(code, window);
    setTimeout(() => {
      this.windows.delete(code);
      if (window.suppressed > 0) writeLine({ stream: 'audit', event, code, suppressed: window.suppressed });
    }, this.options.windowMs ?? 10_000).unref();
    return window;
  }
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

function networkOf(address: string): string {
  const v4 = address.replace(/^::ffff:/i, '');
  if (isIPv4(v4)) return `${v4.split('.').slice(0, 3).join('.')}.0/24`;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  // Three groups of 16 bits; `::` stands for zeros.
  const first = [...groups, ...(tail === undefined ? [] : ['0', '0', '0'])].slice(0, 3);
  return `${first.join(':')}::/48`;
}
