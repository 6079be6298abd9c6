import { type Scope } from '@gongdan/directory';
import { type SqlValue } from '@gongdan/platform';

/** Every condition is optional; a ticket must meet all that are given. */
export interface Search {
  /** In any case and width, with or without blanks. */
  number?: string | undefined;
  state?: string | undefined;
  /** In phase open. */
  open?: boolean | undefined;
  unit?: string | undefined;
  category?: string | undefined;
  type?: string | undefined;
  channel?: string | undefined;
  /** Part of title, description or address; trigram index, any script. */
  text?: string | undefined;
  /** Registered at or after `from` and before `to`. */
  from?: string | undefined;
  to?: string | undefined;
  source?: string | undefined;
  /** The units that the caller reaches. */
  scope: Scope;
}

// The index ticket_rows_number holds this expression.
const numberKey = (value: string): string => `upper(regexp_replace(normalize(${value}, nfkc), '\\s', '', 'g'))`;

// Until the texts of older tickets are copied (`CopyTexts`), their rows are searched, too; afterwards Postgres does not begin this part.
const notCopied = (text: string): string =>
  `select r.id from ticket_rows r where exists (select from ticket_texts_copy where not done) and r.org = $1
     and (r.title || ' ' || r.description || ' ' || coalesce(r.address, '')) ilike ${text}`;

/** Condition on the column `phase`: no work follows. */
export const isClosed = `phase = 'closed'`;

/** A condition over `ticket_rows` and its parameters; `$1` is the organisation. */
export function whereOf(org: string, s: Search): { sql: string; params: SqlValue[] } {
  const params: SqlValue[] = [org];
  // A ticket whose registration is still missing (an earlier event must be published again) has no values to search.
  const parts = ['org = $1', 'registered_at is not null'];
  const add = (condition: (p: string) => string, value: SqlValue | undefined): void => {
    if (value === undefined) return;
    params.push(value);
    parts.push(condition(`$${params.length}`));
  };
  add((p) => `${numberKey('number')} = ${numberKey(`${p}::text`)}`, s.number);
  add((p) => `state = ${p}`, s.state);
  add((p) => `unit = ${p}`, s.unit);
  add((p) => `category = ${p}`, s.category);
  add((p) => `type = ${p}`, s.type);
  add((p) => `channel = ${p}`, s.channel);
  add((p) => `source = ${p}`, s.source);
  add((p) => `registered_at >= ${p}`, s.from);
  add((p) => `registered_at < ${p}`, s.to);
  // % and _ in the text are ordinary characters.
  add(
    (p) => `id in (select x.id from ticket_texts x where x.org = $1 and x.text ilike ${p} union all ${notCopied(p)})`,
    s.text === undefined ? undefined : `%${s.text.replace(/[\\%_]/g, '\\$&')}%`,
  );
  if (!s.scope.all) add((p) => `unit = any (${p}::text[])`, s.scope.units);
  if (s.open !== undefined) parts.push(s.open ? `not ${isClosed}` : isClosed);
  return { sql: parts.join(' and '), params };
}
