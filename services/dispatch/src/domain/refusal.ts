import { appErrorIn, Refused, type Violation } from '@gongdan/kernel';

export interface Refusal {
  code: string;
  kind: string;
  errors?: Violation[];
}

/** What a decision about one of many tickets was refused for: a result that stops no other ticket. Throws what is no refusal. */
export function refusalIn(error: unknown): Refusal {
  const refusal = appErrorIn(error);
  if (refusal === undefined || refusal.kind === 'unavailable') throw error;
  return { code: refusal.code, kind: refusal.kind, ...(refusal.violations.length > 0 ? { errors: refusal.violations } : {}) };
}

export function keyReused(): Refused {
  return new Refused('dispatch/idempotency-key-reused', {}, 'this Idempotency-Key was used for another request');
}
