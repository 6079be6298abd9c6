import { Invalid } from '@gongdan/kernel';

/** The key of an Idempotency-Key header, with or without quotes; throws Invalid for anything else. */
export function idempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const key = /^"?([\x21\x23-\x7e]{1,255})"?$/.exec(header.trim())?.[1];
  if (key === undefined)
    throw new Invalid('dispatch/bad-idempotency-key', {
      violations: [{ pointer: 'Idempotency-Key', detail: 'must be a string of 1 to 255 visible ASCII characters' }],
    });
  return key;
}
