import { describe, expect, it } from '@jest/globals';
import { redact } from './redaction.js';

describe('redaction', () => {
  it.each([
    ['550 5.1.1 <han@example.org>: Recipient address rejected', '550 5.1.1 <***>: Recipient address rejected'],
    ['550 5.1.1 User HAN unknown; rejecting', '550 5.1.1 User *** unknown; rejecting'],
    ['550 5.7.1 rfc822;Han@Example.org is not handled here', '550 5.7.1 rfc822;*** is not handled here'],
    ['554 5.4.14 forwarded to "boss@example.com": loop', '554 5.4.14 forwarded to "***": loop'],
    ['550 see https://example.net/bounce?r=han%40example.org for more', '550 see https:*** for more'],
    ['421 4.7.0 bounce+han=example.org@example.net deferred', '421 4.7.0 *** deferred'],
    [
      '250 2.0.0 Ok: queued as 4XyZ by mx.example.net [192.0.2.7], handed on',
      '250 2.0.0 Ok: queued as 4XyZ by mx.example.net [192.0.2.7], handed on',
    ],
  ])('removes the address from: %s', (answer, redacted) => {
    expect(redact(answer, 'han@example.org')).toBe(redacted);
  });

  it('removes the name of the mailbox, also without its +tag and with special characters in it', () => {
    expect(redact('550 no mailbox han here', 'han+desk@example.org')).toBe('550 no mailbox *** here');
    expect(redact('550 no mailbox li.lei$1 here, and no lixlei$1', 'li.lei$1@example.org')).toBe(
      '550 no mailbox *** here, and no lixlei$1',
    );
    expect(redact('550 13800135678 is over quota', '13800135678@example.org')).toBe('550 *** is over quota');
  });

  it('cuts a very long answer before it looks for addresses', () => {
    expect(redact('x'.repeat(1_000_000), 'han@example.org').length).toBeLessThanOrEqual(2_000);
  });
});
