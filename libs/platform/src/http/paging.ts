import { Invalid } from '@gongdan/kernel';
import { type z } from 'zod';

/** An opaque position in a list, as base64url JSON. It is not signed: it holds nothing but sort keys of rows that the caller has seen. */
export function encodeCursor(position: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** The position in a cursor that a caller sent. @throws Invalid when it is not a cursor of this list. */
export function decodeCursor<T>(cursor: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new Invalid('platform/bad-cursor', { cause, violations: [{ pointer: '?cursor', detail: 'is not a cursor of this list' }] });
  }
}
