import { caseAfter, type CaseEvent, type CaseView, classAfter, dispatch, type EventOf, intake, isCaseEvent, NEW_CASE, sla, type TicketEvent } from '@gongdan/contracts'; // prettier-ignore
import { type Instant } from '@gongdan/kernel';

/** What reporting knows of a ticket: one row of `ticket_rows`. A value that the events have not given is null, as in the table and in the answers. */
export interface TicketRow {
  org: string;
  id: string;
  /** Empty until the registration is applied: another service's event about the ticket may come first. */
  number: string;
  /** Key of the process pack. */
  pack: string;
  channel: string;
  type: string;
  category: string;
  priority: string;
  title: string;
  description: string;
  address: string | null;
  area: string | null;
  latitude: number | null;
  longitude: number | null;
  attributes: Record<string, string | number | boolean> | null;
  state: string;
  phase: 'open' | 'closed';
  /** Counts the runs of the case; a reopening begins the next one. */
  run: number;
  unit: string | null;
  holder: string | null;
  registeredAt: Instant | null;
  dispatchedAt: Instant | null;
  acceptedAt: Instant | null;
  repliedAt: Instant | null;
  resolvedAt: Instant | null;
  closedAt: Instant | null;
  /** Due instant of the promise an imported ticket came with. */
  dueAt: Instant | null;
  externalKey: string | null;
  /** Older system an imported ticket comes from, and its status word there. */
  source: string | null;
  importedStatus: string | null;
  returns: number;
  transfers: number;
  reopens: number;
  urges: number;
  /** Open tasks beside the lead. */
  sideTasks: number;
  /** Unit and class of the last finding of fault. */
  judgedUnit: string | null;
  judgedClass: string | null;
  /** Warnings and breaches of all clocks of the ticket. */
  warnings: number;
  breaches: number;
  /** Instant of the last event of intake, dispatch or sla about the ticket. */
  changedAt: Instant;
}

export function emptyRow(org: string, id: string, at: Instant): TicketRow {
  return {
    org, id, number: '', pack: '', channel: '', type: '', category: '', priority: '', title: '', description: '',
    address: null, area: null, latitude: null, longitude: null, attributes: null, state: NEW_CASE.state, phase: NEW_CASE.phase, run: NEW_CASE.run, unit: null, holder: null,
    registeredAt: null, dispatchedAt: null, acceptedAt: null, repliedAt: null, resolvedAt: null, closedAt: null,
    dueAt: null, externalKey: null, source: null, importedStatus: null,
    returns: 0, transfers: 0, reopens: 0, urges: 0, sideTasks: 0, judgedUnit: null, judgedClass: null, warnings: 0, breaches: 0, changedAt: at,
  }; // prettier-ignore
}

/** False for the messages of notify, which only the history holds. */
export function changesRows(event: TicketEvent): boolean {
  return event.producer !== 'notify';
}

/** The row after the event; the same object when the event changes nothing. Never throws on a recorded event. */
export function evolve(before: TicketRow | undefined, event: TicketEvent): TicketRow {
  if (before !== undefined && !changesRows(event)) return before;
  const row: TicketRow = { ...(before ?? emptyRow(event.org, event.ticketId, event.occurredAt)), changedAt: event.occurredAt };
  if (isCaseEvent(event)) return evolveCase(row, event);
  switch (event.name) {
    case intake.TicketRegistered.name:
      return evolveRegistration(row, event.data);
    case intake.TicketAmended.name:
      return evolveAmendment(row, event.data);
    case sla.ClockWarned.name:
      return { ...row, warnings: row.warnings + 1 };
    case sla.ClockBreached.name:
      return { ...row, breaches: row.breaches + 1 };
    default:
      return row;
  }
}

type Registration = EventOf<typeof intake.TicketRegistered>['data'];
type Amendment = EventOf<typeof intake.TicketAmended>['data'];

function evolveRegistration(row: TicketRow, d: Registration): TicketRow {
  return {
    ...row,
    number: d.number,
    pack: d.pack.key,
    channel: d.channel,
    type: d.type,
    category: d.category,
    priority: d.priority,
    title: d.title,
    description: d.description,
    ...placeOf(d.place),
    attributes: d.attributes ?? null,
    registeredAt: d.registeredAt,
    dueAt: d.history?.dueAt ?? null,
    externalKey: d.externalKey ?? null,
    source: d.history?.source ?? null,
    importedStatus: d.history?.status ?? null,
  };
}

function evolveAmendment(row: TicketRow, d: Amendment): TicketRow {
  return {
    ...row,
    title: d.title ?? row.title,
    description: d.description ?? row.description,
    category: d.category ?? row.category,
    priority: d.priority ?? row.priority,
    ...(d.place === undefined ? {} : placeOf(d.place)),
  };
}

function correctionOf(row: TicketRow, d: EventOf<typeof dispatch.TicketCorrected>['data']): Partial<TicketRow> {
  const { title = row.title, description = row.description, place } = d;
  return { title, description, ...(place === undefined ? {} : placeOf(place)) };
}

function placeOf(place: Registration['place']): Pick<TicketRow, 'address' | 'area' | 'latitude' | 'longitude'> {
  return {
    address: place?.address ?? null,
    area: place?.area ?? null,
    latitude: place?.latitude ?? null,
    longitude: place?.longitude ?? null,
  };
}

function evolveCase(row: TicketRow, event: CaseEvent): TicketRow {
  const c = caseAfter(caseOf(row), event);
  const { type = row.type, category = row.category, priority = row.priority } = classAfter(event) ?? {};
  return {
    ...row,
    ...(event.name === dispatch.TicketCorrected.name ? correctionOf(row, event.data) : {}),
    type,
    category,
    priority,
    state: c.state,
    phase: c.phase,
    run: c.run,
    unit: c.unit ?? null,
    holder: c.holder ?? null,
    dispatchedAt: c.dispatchedAt ?? null,
    acceptedAt: c.acceptedAt ?? null,
    repliedAt: c.repliedAt ?? null,
    resolvedAt: c.resolvedAt ?? null,
    closedAt: c.closedAt ?? null,
    returns: c.returns,
    transfers: c.transfers,
    reopens: c.reopens,
    urges: c.urges,
    sideTasks: c.side.length,
    judgedUnit: c.judged?.unit ?? null,
    judgedClass: c.judged?.class ?? null,
  };
}

// The position of the case is not needed but for the unit, which outlasts closing: the next event carries all of it.
function caseOf(row: TicketRow): CaseView {
  return {
    ...NEW_CASE,
    unit: row.unit ?? undefined,
    dispatchedAt: row.dispatchedAt ?? undefined,
    acceptedAt: row.acceptedAt ?? undefined,
    repliedAt: row.repliedAt ?? undefined,
    resolvedAt: row.resolvedAt ?? undefined,
    closedAt: row.closedAt ?? undefined,
    returns: row.returns,
    transfers: row.transfers,
    reopens: row.reopens,
    urges: row.urges,
    judged: { unit: row.judgedUnit ?? undefined, class: row.judgedClass ?? undefined },
  };
}
