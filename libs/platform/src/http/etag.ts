import { Invalid } from '@gongdan/kernel';

/** Entity tag of a version (RFC 9110). */
export function etagOf(version: number): string {
  return `"v${version}"`;
}

/** Returns the version that an If-Match header requires, or undefined for `*` and without the header. Throws Invalid for anything else. */
export function ifMatch(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  const version = /^(?:W\/)?"v(\d{1,15})"$/.exec(header.trim())?.[1];
  if (version === undefined)
    throw new Invalid('platform/bad-if-match', {
      violations: [{ pointer: 'If-Match', detail: 'must be an ETag this service gave, like "v3"' }],
    });
  return Number(version);
}
