import { inScope, type Scope } from '@gongdan/directory';
import { NotFound } from '@gongdan/kernel';
import { type Case } from './case.js';

/** Who asks, and the units that the right of the request reaches. */
export interface Viewer {
  id: string;
  scope: Scope;
}

/** A case belongs to its unit, while it is unroutable to the unit that registered it. Its holder sees it wherever it lies. */
export function isVisible(c: Pick<Case, 'unit' | 'holder'> & { ticket: { unit?: string | undefined } }, viewer: Viewer): boolean {
  return c.holder === viewer.id || inScope(viewer.scope, c.unit ?? c.ticket.unit);
}

/** Throws `NotFound` for a case that does not exist, and for one outside the caller's scope: the caller must not learn which. */
export function mustSee<T extends Parameters<typeof isVisible>[0]>(c: T | undefined, viewer: Viewer): T {
  if (c === undefined || !isVisible(c, viewer)) throw new NotFound('dispatch/no-case');
  return c;
}
