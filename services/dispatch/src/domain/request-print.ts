import { createHash } from 'node:crypto';

/** Hash of what a client asked: the same Idempotency-Key with another request is a mistake of the client. */
export function requestPrint(ticketId: string, action: string, task: number | undefined, input: Readonly<Record<string, unknown>>): string {
  return createHash('sha256')
    .update(JSON.stringify([ticketId, action, task ?? null, input]))
    .digest('base64url');
}

export function bulkPrint(action: string, tickets: readonly string[], input: Readonly<Record<string, unknown>>): string {
  return createHash('sha256')
    .update(JSON.stringify([action, tickets, input]))
    .digest('base64url');
}
