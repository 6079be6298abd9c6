import { type Case, isVisible, type Viewer } from '@gongdan/engine';
import { NotFound } from '@gongdan/kernel';

/** Throws `NotFound` for a case that does not exist, and for one outside the caller's scope: the caller must not learn which. */
export function mustSee(c: Case | undefined, viewer: Viewer): Case {
  if (c === undefined || !isVisible(c, viewer)) throw new NotFound('dispatch/no-case');
  return c;
}
