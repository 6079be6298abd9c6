import { isZone } from '@gongdan/business-time';
import { iso } from '@gongdan/kernel';
import { z } from 'zod';

// Before 1900 zones have offsets with seconds, which Postgres writes and JavaScript cannot read; after 9999 years have five digits.
const FIRST_MS = Date.parse('1900-01-01T00:00:00Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * An instant in a query or a body: ISO 8601 with `Z` or any offset. The handler gets the same instant in UTC with milliseconds, because
 * Postgres refuses offsets that ISO 8601 allows (`+23:59` was a 500), and because instants of that form sort as text.
 */
export const instantInput = z.iso
  .datetime({ offset: true })
  .refine((text) => inYears(Date.parse(text)), { message: 'must be between the years 1900 and 9999', abort: true })
  .transform((text) => iso(Date.parse(text)));

/** A time zone in a query or a body: every IANA name and alias, as in packs. */
export const zoneInput = z.string().max(60).refine(isZone, 'must be an IANA time zone');

function inYears(epochMs: number): boolean {
  return epochMs >= FIRST_MS && epochMs <= LAST_MS;
}
