/** Real time goes on while a scenario stands at an instant; a due instant may be later by so much. */
const TOLERANCE_MS = 150_000;
let toleranceMs = TOLERANCE_MS;

/** On a slow machine scenarios spend more time at an instant than that: due instants are then later by what they spent. */
export function tolerate(spentMs: number): void {
  toleranceMs = Math.max(TOLERANCE_MS, spentMs + 30_000);
}

export const show = (value: unknown): string => JSON.stringify(value) ?? 'nothing';

export function sameInstant(wanted: string, got: unknown): boolean {
  if (typeof got !== 'string') return false;
  const late = Date.parse(got) - Date.parse(wanted);
  return late >= -1_000 && late <= toleranceMs;
}

/** True when `got` has everything that is wanted; null wants an absent value. Objects may hold more, lists may not. */
export function matches(wanted: unknown, got: unknown): boolean {
  if (wanted === null) return got === undefined || got === null;
  if (Array.isArray(wanted)) return Array.isArray(got) && wanted.length === got.length && wanted.every((w, i) => matches(w, got[i]));
  if (typeof wanted === 'object')
    return typeof got === 'object' && got !== null && Object.entries(wanted as object).every(([k, w]) => matches(w, (got as never)[k]));
  if (typeof wanted === 'string' && wanted !== got && /^\d{4}-\d{2}-\d{2}T/.test(wanted)) return sameInstant(wanted, got);
  return wanted === got;
}

/** One condition row about an event's data: a value, one of several values, or whether there is one. */
export function meets(row: Record<string, unknown>, data: unknown): boolean {
  return Object.entries(row).every(([name, wanted]) => {
    const got = name.split('.').reduce<unknown>((v, k) => (v === undefined || v === null ? undefined : (v as never)[k]), data);
    if (Array.isArray(wanted)) return wanted.some((w) => matches(w, got));
    if (typeof wanted === 'object' && wanted !== null && 'exists' in wanted) return (got !== undefined && got !== null) === wanted.exists;
    return matches(wanted, got);
  });
}

/** The first of tasks that are held alike: three votes in one pool are the same to whoever casts one. Undefined when the holders differ, or there is none. */
export function firstAlike<T extends { holder: object }>(tasks: readonly T[]): T | undefined {
  const [first] = tasks;
  return tasks.every((t) => JSON.stringify(t.holder) === JSON.stringify(first?.holder)) ? first : undefined;
}
