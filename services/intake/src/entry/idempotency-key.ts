import { Invalid } from '@gongdan/kernel';

/** A structured-field string ("…", RFC 8941); unquoted values of older clients are accepted too. */
export function idempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const key = /^"((?:[ !#-[\]-~]|\\["\\])+)"$/.exec(header)?.[1] ?? (/^[\w.:@/+=-]+$/.test(header) ? header : undefined);
  if (key === undefined || key.length > 255) {
    throw new Invalid('intake/bad-idempotency-key', {
      violations: [{ pointer: 'Idempotency-Key', detail: 'must be a quoted string of 1 to 255 visible ASCII characters' }],
    });
  }
  return key;
}
