import { type Case, type Counted, type Holder, type Task, type TicketFacts } from '@gongdan/engine';
import { type CaseRow } from './case-columns.js';
import { countsOf } from './stored-counts.js';

/** The case of a row: its body, or, where a release without the engine has written the row, what its columns say. */
export function caseOf(row: CaseRow): Case {
  const { org, ticketId } = row;
  return isInBody(row) ? { ...row.body, done: countsOf(row.body.done), org, ticketId } : caseOfColumns(row);
}

/** Whether the body of the row counts: a release without the engine writes none, or leaves one of an earlier version. */
export function isInBody<R extends Pick<CaseRow, 'body' | 'version'>>(row: R): row is R & { body: NonNullable<CaseRow['body']> } {
  return row.body !== null && row.body.version === row.version;
}

// The release before had one task per case and counted actions without their instants.
function caseOfColumns(row: CaseRow): Case {
  const { org, ticketId, number, title, step, state, version, hop, since, registeredAt, reopens } = row;
  const { type, category, item, priority, urgency, impact, ...ticket } = row.ticket as Record<string, string | undefined>;
  const person = row.holder ?? undefined;
  const closedAt = row.closedAt ?? undefined;
  const closed = closedAt !== undefined;
  const unit = row.unit ?? undefined;
  const holder: Holder = { ...(unit === undefined ? {} : { unit }), ...(person === undefined ? {} : { person }) };
  const counted = (key: string, times: number, excluded: readonly string[]): Counted => ({
    key,
    times,
    total: times,
    firstAt: since,
    at: since,
    by: '',
    byUnit: Object.fromEntries(excluded.map((u) => [u, 1])),
    byTask: {},
    recent: [],
  });
  const lead: Task = { no: 1, step, lead: true, holder, openedAt: since, sleeps: 0, fields: {}, version };
  return {
    org,
    ticketId,
    number,
    title,
    pack: { key: row.packKey, version: row.packVersion },
    phase: closed ? 'closed' : 'open',
    step,
    state: state as Case['state'],
    run: reopens + 1,
    class: {
      type: type ?? '',
      category: category ?? '',
      priority: priority ?? '',
      ...(item === undefined ? {} : { item }),
      ...(urgency === undefined ? {} : { urgency }),
      ...(impact === undefined ? {} : { impact }),
    },
    ticket: { hasContact: false, hasEmail: false, channel: '', language: '', ...ticket } as TicketFacts,
    fields: {},
    done: Object.entries(row.done).map(([key, times]) => counted(key, times, row.excluded)),
    held: {},
    tasks: closed ? [] : [lead],
    lastTask: 1,
    groups: [],
    lastGroup: 0,
    hops: unit === undefined ? [] : [{ no: hop, unit, step, since }],
    lastHop: hop,
    requests: [],
    watchers: [],
    marks: { dispatched: since },
    heard: { clocks: {} },
    version,
    registeredAt,
    openedAt: registeredAt,
    ...(closedAt === undefined ? {} : { closedAt }),
    since,
  };
}
