/** Any name that IANA ever gave a zone, aliases like `PRC` and `Asia/Kolkata` included. */
export function isZone(name: string): boolean {
  return canonicalZone(name) !== undefined;
}

/**
 * The name under which ICU knows the zone. Undefined when there is no such zone. Offsets like `+08:00` are refused, although Intl takes them:
 * Postgres reads their sign the other way round (POSIX).
 */
export function canonicalZone(name: string): string | undefined {
  if (!/^[A-Za-z]/.test(name)) return undefined;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
