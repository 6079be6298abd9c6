import { type z } from 'zod';

/** A broken rule and the place in the JSON document. */
export interface Located {
  path: PropertyKey[];
  rule: string;
  /** The mistake is the last name of the path itself, not its value. */
  key?: boolean;
}

/** The RFC 6901 pointer of a path. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((p) => `/${String(p).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

type Issue = z.core.$ZodIssue;

const UNKNOWN = 'is not a property of this part';

/** The mistakes behind one issue of zod. A union reports a list of issues per branch: the branch that got deepest is the one the author meant. */
export function flat(issue: Issue): Located[] {
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const branches = issue.errors.map((branch) => branch.flatMap((i) => flat({ ...i, path: [...issue.path, ...i.path] })));
    const depth = (b: Located[]): number => Math.max(0, ...b.map((l) => l.path.length));
    const most = Math.max(...branches.map(depth));
    const meant = branches.filter((b) => depth(b) === most);
    const same = (a: Located, b: Located): boolean => a.rule === b.rule && a.path.join('/') === b.path.join('/');
    // A mistake that all candidate branches report is a mistake whichever branch was meant.
    const shared = (meant[0] ?? []).filter((l) => meant.every((b) => b.some((other) => same(l, other))));
    // Of two branches with as many mistakes, the one that knows the keys was meant.
    const strange = (b: Located[]): number => b.filter((l) => l.rule === UNKNOWN).length;
    const nearer = (a: Located[], b: Located[]): boolean => b.length < a.length || (b.length === a.length && strange(b) < strange(a));
    const best = shared.length > 0 ? shared : meant.reduce((a, b) => (nearer(a, b) ? b : a));
    const deepest = best.some((l) => l.path.length > issue.path.length);
    if (deepest) return best;
    return [{ path: issue.path, rule: [...new Set(branches.flat().map((l) => l.rule))].join(' or ') }];
  }
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path: [...issue.path, key], rule: UNKNOWN }));
  if (issue.code === 'invalid_key') return issue.issues.map((i) => ({ path: issue.path, rule: `key ${i.message}` }));
  if (issue.code === 'invalid_type')
    return [
      {
        path: issue.path,
        rule:
          issue.input === undefined && /undefined/.test(issue.message) ? `is missing (${issue.expected})` : `expected ${issue.expected}`,
      },
    ];
  if (issue.code === 'invalid_value') return [{ path: issue.path, rule: `must be one of ${issue.values.map(String).join(', ')}` }];
  return [{ path: issue.path, rule: issue.message }];
}
