import { type EventEnvelope, dispatch, type EventOf, intake, sla } from '@gongdan/contracts';
import { type Instant } from '@gongdan/kernel';

/** A ticket as reporting knows it; the same names as the columns of ticket_rows. */
export interface TicketRow {
  org: string;
  id: string;
  number: string;
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
  unit: string | null;
  holder: string | null;
  registered_at: Instant | null;
  dispatched_at: Instant | null;
  accepted_at: Instant | null;
  replied_at: Instant | null;
  resolved_at: Instant | null;
  closed_at: Instant | null;
  due_at: Instant | null;
  external_key: string | null;
  source: string | null;
  imported_status: string | null;
  returns: number;
  transfers: number;
  reopens: number;
  warnings: number;
  breaches: number;
  changed_at: Instant;
}

export function emptyRow(org: string, id: string, at: Instant): TicketRow {
  return {
    org, id, number: '', pack: '', channel: '', type: '', category: '', priority: '', title: '', description: '',
    address: null, area: null, latitude: null, longitude: null, attributes: null, state: 'received', unit: null, holder: null,
    registered_at: null, dispatched_at: null, accepted_at: null, replied_at: null, resolved_at: null, closed_at: null,
    due_at: null, external_key: null, source: null, imported_status: null,
    returns: 0, transfers: 0, reopens: 0, warnings: 0, breaches: 0, changed_at: at,
  }; // prettier-ignore
}

type CaseData = { case: { state: string; unit?: string | undefined; holder?: string | undefined }; at: Instant };

/** Pure: the row after the event. Never throws on a recorded fact; what it does not know leaves the row as it is. */
export function evolve(before: TicketRow | undefined, event: EventEnvelope): TicketRow {
  const row: TicketRow = { ...(before ?? emptyRow(event.org, event.ticketId, event.occurredAt)), changed_at: event.occurredAt };
  if (event.producer === 'intake') return evolveRegistration(row, event);
  if (event.producer === 'sla') return evolvePromise(row, event);
  if (event.producer !== 'dispatch') return before ?? row;
  return evolveCase(row, event);
}

function evolveRegistration(row: TicketRow, event: EventEnvelope): TicketRow {
  switch (event.name) {
    case intake.TicketRegistered.name: {
      const d = event.data as EventOf<typeof intake.TicketRegistered>['data'];
      return {
        ...row, number: d.number, pack: d.pack.key, channel: d.channel, type: d.type, category: d.category, priority: d.priority, title: d.title,
        description: d.description, ...placeOf(d.place), attributes: d.attributes ?? null, registered_at: d.registeredAt,
        due_at: d.history?.dueAt ?? null, external_key: d.externalKey ?? null, source: d.history?.source ?? null, imported_status: d.history?.status ?? null,
      }; // prettier-ignore
    }
    case intake.TicketAmended.name: {
      const d = event.data as EventOf<typeof intake.TicketAmended>['data'];
      return {
        ...row,
        title: d.title ?? row.title,
        description: d.description ?? row.description,
        category: d.category ?? row.category,
        priority: d.priority ?? row.priority,
        ...(d.place === undefined ? {} : placeOf(d.place)),
      };
    }
    default:
      return row;
  }
}

function placeOf(
  place:
    { address?: string | undefined; area?: string | undefined; latitude?: number | undefined; longitude?: number | undefined } | undefined,
) {
  return {
    address: place?.address ?? null,
    area: place?.area ?? null,
    latitude: place?.latitude ?? null,
    longitude: place?.longitude ?? null,
  };
}

function evolveCase(row: TicketRow, event: EventEnvelope): TicketRow {
  const d = event.data as Partial<CaseData>;
  if (!d.case || d.at === undefined) return row;
  const next: TicketRow = { ...row, state: d.case.state, unit: d.case.unit ?? row.unit, holder: d.case.holder ?? null };
  switch (event.name) {
    case dispatch.TicketDispatched.name:
      return { ...next, dispatched_at: row.dispatched_at ?? d.at };
    case dispatch.TicketAccepted.name:
      return { ...next, accepted_at: row.accepted_at ?? d.at };
    case dispatch.TicketReplied.name:
      return { ...next, replied_at: row.replied_at ?? d.at };
    case dispatch.TicketResolved.name:
      return { ...next, resolved_at: d.at };
    case dispatch.TicketClosed.name:
    case dispatch.TicketCancelled.name:
      return { ...next, closed_at: d.at };
    case dispatch.TicketReopened.name:
      return { ...next, reopens: row.reopens + 1, closed_at: null, resolved_at: null };
    case dispatch.TicketReturned.name:
      return { ...next, returns: row.returns + 1 };
    case dispatch.TicketTransferred.name:
      return { ...next, transfers: row.transfers + 1 };
    default:
      return next;
  }
}

function evolvePromise(row: TicketRow, event: EventEnvelope): TicketRow {
  if (event.name === sla.ClockWarned.name) return { ...row, warnings: row.warnings + 1 };
  if (event.name === sla.ClockBreached.name) return { ...row, breaches: row.breaches + 1 };
  return row;
}
