import { hash } from 'node:crypto';

/** SHA-256 over canonical JSON (sorted keys): decides what "the same content" means for a repeated key. */
export function contentDigest(...parts: unknown[]): string {
  return hash('sha256', JSON.stringify(sorted(parts)), 'base64url');
}

// A copy with sorted keys costs half as much as a replacer, which is called for every value.
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const out = Object.create(null) as Record<string, unknown>;
  for (const key of Object.keys(value).sort()) out[key] = sorted((value as Record<string, unknown>)[key]);
  return out;
}
