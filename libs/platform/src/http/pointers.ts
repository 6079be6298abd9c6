import { cut, type Violation } from '@gongdan/kernel';

/** An answer lists so many violations. A caller that made more mistakes corrects these first. */
export const MOST_VIOLATIONS = 50;

const LONGEST_SEGMENT = 200;

/** One step of an RFC 6901 pointer. A long property name is cut: the answer must not be larger than the request. */
export function pointerTo(step: unknown): string {
  const name = String(typeof step === 'object' && step !== null && 'key' in step ? step.key : step);
  return `/${cut(name, LONGEST_SEGMENT).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

interface Issue {
  path?: readonly unknown[];
  message: string;
  keys?: unknown;
  code?: unknown;
}

/** The first violations of a zod error, as RFC 6901 pointers; an unknown property gets a pointer to itself. */
export function violationsOf(error: { issues: readonly Issue[] }, root: string): Violation[] {
  const found: Violation[] = [];
  for (const issue of error.issues) {
    const at = root + (issue.path ?? []).map(pointerTo).join('');
    const more =
      issue.code === 'unrecognized_keys' && Array.isArray(issue.keys)
        ? issue.keys.slice(0, MOST_VIOLATIONS).map((key) => ({ pointer: at + pointerTo(key), detail: 'unknown property' }))
        : [{ pointer: at, detail: issue.message }];
    found.push(...more.slice(0, MOST_VIOLATIONS - found.length));
    if (found.length >= MOST_VIOLATIONS) break;
  }
  return found;
}
