import { v5, v7, validate } from 'uuid';

/** Time-ordered id (UUIDv7, RFC 9562): index-friendly, 74 random bits. */
export function newId(): string {
  return v7();
}

const NAMESPACE = '0b0f4f36-61ab-5b7e-9c6c-1f6a5a6d3f10';

/** The same id for the same parts, for ever (UUIDv5): what makes an effect idempotent. Parts are joined by a NUL. */
export function idOf(...parts: (string | number)[]): string {
  return v5(parts.join('\u0000'), NAMESPACE);
}

export function isId(text: string): boolean {
  return validate(text);
}

/** FNV-1a over UTF-16 code units: the placement hash of outbox partitions. Changing it re-keys every outbox. */
export function hash32(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    h ^= text.charCodeAt(i);
    h = Math.imul(h, 0x01000193);
  }
  return h >>> 0;
}
