import { type TicketState } from '@gongdan/contracts';
import { type Pack } from '@gongdan/packs';
import { type Row } from '@gongdan/platform';
import { type Case, type TicketKept } from '../domain/case.js';

export interface CaseRow extends Row {
  org: string;
  ticket_id: string;
  number: string;
  title: string;
  pack_key: string;
  pack_version: number;
  step: string;
  state: TicketState;
  held: 'queue' | 'person' | 'nobody';
  unit: string | null;
  holder: string | null;
  version: number;
  hop: number;
  returns: number;
  reopens: number;
  done: Record<string, number>;
  excluded: string[];
  ticket: TicketKept;
  priority_rank: number;
  registered_at: string;
  since: string;
  closed_at: string | null;
}

export const COLUMNS =
  'org, ticket_id, number, title, pack_key, pack_version, step, state, held, unit, holder, version, hop, returns, reopens, done, excluded, ticket, priority_rank, registered_at, since, closed_at';

export function caseOf(r: CaseRow): Case {
  return {
    org: r.org,
    ticketId: r.ticket_id,
    number: r.number,
    title: r.title,
    pack: { key: r.pack_key, version: r.pack_version },
    step: r.step,
    state: r.state,
    ...(r.unit === null ? {} : { unit: r.unit }),
    ...(r.holder === null ? {} : { holder: r.holder }),
    version: r.version,
    hop: r.hop,
    returns: r.returns,
    reopens: r.reopens,
    done: r.done,
    excluded: r.excluded,
    ticket: r.ticket,
    registeredAt: r.registered_at,
    since: r.since,
    ...(r.closed_at === null ? {} : { closedAt: r.closed_at }),
  };
}

export function rowOf(pack: Pack, c: Case): CaseRow {
  const rank = pack.catalogue.priorities.indexOf(c.ticket.priority);
  return {
    org: c.org,
    ticket_id: c.ticketId,
    number: c.number,
    title: c.title,
    pack_key: c.pack.key,
    pack_version: c.pack.version,
    step: c.step,
    state: c.state,
    held: pack.process.steps[c.step]?.holder ?? 'nobody',
    unit: c.unit ?? null,
    holder: c.holder ?? null,
    version: c.version,
    hop: c.hop,
    returns: c.returns,
    reopens: c.reopens,
    done: c.done,
    excluded: [...c.excluded],
    ticket: c.ticket,
    // A priority the catalogue has lost goes last.
    priority_rank: rank < 0 ? pack.catalogue.priorities.length : rank,
    registered_at: c.registeredAt,
    since: c.since,
    closed_at: c.closedAt ?? null,
  };
}
