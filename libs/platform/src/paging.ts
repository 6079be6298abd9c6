import { Invalid } from '@gongdan/kernel';
import { type z } from 'zod';

/** An opaque place in a list: base64url JSON. Not signed: it holds nothing but sort keys of rows the caller has seen. */
export function encodeCursor(place: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

export function decodeCursor<T>(cursor: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new Invalid('platform/bad-cursor', { cause, violations: [{ pointer: '?cursor', detail: 'is not a cursor of this list' }] });
  }
}
