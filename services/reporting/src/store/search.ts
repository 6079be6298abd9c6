import { type SqlValue } from '@gongdan/platform';

/** Every condition is optional; all that are given must hold. */
export interface Search {
  number?: string | undefined;
  state?: string | undefined;
  /** Neither closed nor cancelled. */
  open?: boolean | undefined;
  unit?: string | undefined;
  category?: string | undefined;
  type?: string | undefined;
  channel?: string | undefined;
  /** Part of title, description or address; trigram index, any script. */
  text?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  source?: string | undefined;
}

export function whereOf(org: string, s: Search): { sql: string; params: SqlValue[] } {
  const params: SqlValue[] = [org];
  // A ticket whose registration is still to come (its record had to be said again) has nothing to be found by.
  const parts = ['org = $1', 'registered_at is not null'];
  const add = (condition: (p: string) => string, value: SqlValue | undefined): void => {
    if (value === undefined) return;
    params.push(value);
    parts.push(condition(`$${params.length}`));
  };
  add((p) => `number = ${p}`, s.number);
  add((p) => `state = ${p}`, s.state);
  add((p) => `unit = ${p}`, s.unit);
  add((p) => `category = ${p}`, s.category);
  add((p) => `type = ${p}`, s.type);
  add((p) => `channel = ${p}`, s.channel);
  add((p) => `source = ${p}`, s.source);
  add((p) => `registered_at >= ${p}`, s.from);
  add((p) => `registered_at < ${p}`, s.to);
  // The wildcards of the text itself are plain characters.
  add(
    (p) => `(title || ' ' || description || ' ' || coalesce(address, '')) ilike ${p}`,
    s.text === undefined ? undefined : `%${s.text.replace(/[\\%_]/g, '\\$&')}%`,
  );
  if (s.open !== undefined) parts.push(`state ${s.open ? 'not in' : 'in'} ('closed', 'cancelled')`);
  return { sql: parts.join(' and '), params };
}
