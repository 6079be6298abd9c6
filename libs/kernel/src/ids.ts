import { hash, randomFillSync } from 'node:crypto';
import { parse, v7, validate } from 'uuid';

// Draws random bytes for 256 ids at a time: drawing 16 bytes per id cost more than making the id.
const pool = new Uint8Array(16 * 256);
let drawn = pool.length;
let lastMs = -Infinity;
let seq = 0;

/**
 * Returns a new time-ordered id (UUIDv7, RFC 9562). Ids ascend within a process; each has 42 random bits beside a counter of 31 bits that starts
 * anywhere. The time in the id keeps indexes compact; it decides nothing but how long something may still be on its way (`madeAtMs`).
 */
export function newId(): string {
  if (drawn === pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  const random = pool.subarray(drawn, (drawn += 16));
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    seq = (((random[6] ?? 0) & 0x7f) << 24) | ((random[7] ?? 0) << 16) | ((random[8] ?? 0) << 8) | (random[9] ?? 0);
  } else {
    seq = (seq + 1) | 0;
    if (seq === 0) lastMs += 1;
  }
  return v7({ random, msecs: lastMs, seq });
}

const NAMESPACE = parse('0b0f4f36-61ab-5b7e-9c6c-1f6a5a6d3f10');
// The namespace, and room behind it for the name of most ids.
const named = Buffer.alloc(16 + 1024);
named.set(NAMESPACE);

/**
 * Returns the same id for the same parts, always (UUIDv5), which makes an effect idempotent. Parts are joined by a NUL. `v5` of the package `uuid` gives the same ids and takes
 * three times as long: a ninth of a decision of the engine.
 */
export function idOf(...parts: (string | number)[]): string {
  const name = parts.join('\u0000');
  // UTF-8 takes at most three bytes for a UTF-16 code unit.
  const bytes =
    name.length * 3 + 16 <= named.length ? named.subarray(0, 16 + named.write(name, 16)) : Buffer.concat([NAMESPACE, Buffer.from(name)]);
  const h = hash('sha1', bytes, 'hex');
  const variant = VARIANT[h.charCodeAt(16)] ?? '';
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-5${h.slice(13, 16)}-${variant}${h.slice(17, 20)}-${h.slice(20, 32)}`;
}

/** The hexadecimal digit with its two upper bits set to the variant of RFC 9562, by the code of the digit. */
const VARIANT: readonly string[] = [...'0123456789abcdef'].reduce<string[]>((to, digit, i) => {
  to[digit.charCodeAt(0)] = '89ab'[i & 3] ?? '';
  return to;
}, []);

/** Epoch milliseconds at which the id was made, by the clock of the process that made it; undefined for an id that is not of `newId`. */
export function madeAtMs(id: string): number | undefined {
  return id[14] === '7' && validate(id) ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : undefined;
}

export function isId(text: string): boolean {
  return validate(text);
}

/** Returns FNV-1a over UTF-16 code units. It places keys in the memory bus and spreads retries over time; nothing that is stored depends on it. */
export function hash32(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    h ^= text.charCodeAt(i);
    h = Math.imul(h, 0x01000193);
  }
  return h >>> 0;
}
