import { type TicketState } from '@gongdan/contracts';
import { type Row } from '@gongdan/platform';
import { type TicketView } from '../domain/ticket-view.js';
import { type Content, type Registration } from '../domain/ticket.js';

/** What the API shows as it is stored. */
type Shown = Pick<
  TicketView,
  | 'id'
  | 'number'
  | 'version'
  | 'channel'
  | 'type'
  | 'category'
  | 'item'
  | 'urgency'
  | 'impact'
  | 'priority'
  | 'title'
  | 'description'
  | 'language'
  | 'place'
  | 'unit'
  | 'attributes'
  | 'source'
>;

/** A row of `tickets` as it is read. */
export interface StoredTicket extends Row, Shown {
  org: string;
  registration: Registration;
  case_state: TicketState | null;
  case_unit: string | null;
  case_at: string | null;
  pack_key: string;
  pack_version: number;
  contact_sealed: string | null;
  has_email: boolean;
  phone_tail: string | null;
  external_key: string | null;
  content_digest: string | null;
  registered_at: string;
  registered_by: string;
}

/** What the first event of a ticket writes, by column; the number, the state of the case and `version` come from the database. */
const NEW = {
  org: 'text', id: 'uuid', pack_key: 'text', pack_version: 'int', channel: 'text', type: 'text', category: 'text', item: 'text', urgency: 'text',
  impact: 'text', priority: 'text', title: 'text', description: 'text', language: 'text', place: 'json', unit: 'text', attributes: 'json',
  contact_sealed: 'text', has_email: 'boolean', phone_tail: 'text', source: 'text', external_key: 'text', content_digest: 'text',
  registered_at: 'timestamptz', registered_by: 'text',
} as const satisfies Partial<Record<keyof StoredTicket, string>>; // prettier-ignore

/** A row to be inserted. */
export type NewTicket = Pick<StoredTicket, keyof typeof NEW>;

/** What a correction or a withdrawal may change. */
const CHANGEABLE = {
  version: 'int', registration: 'text', title: 'text', description: 'text', category: 'text', priority: 'text', place: 'json',
  contact_sealed: 'text', has_email: 'boolean', phone_tail: 'text',
} as const satisfies Partial<Record<keyof StoredTicket, string>>; // prettier-ignore

/** Column list of an insert; the number is first. */
export const INSERTED = `number, ${Object.keys(NEW).join(', ')}`;

const recordset = (columns: Readonly<Record<string, string>>, without?: string): string =>
  Object.entries(columns).filter(([name]) => name !== without).map(([name, type]) => `${name} ${type}`).join(', '); // prettier-ignore

/** Columns of `json_to_recordset` for rows to be inserted, without the number. */
export const NEW_RECORDSET = recordset(NEW);

/** The same for a statement that takes the instant of the registration itself. */
export const NEW_RECORDSET_UNDATED = recordset(NEW, 'registered_at');

export const INSERT_TICKETS = `insert into tickets (${INSERTED}) select ${INSERTED} from json_to_recordset($1::json) as r (number text, ${NEW_RECORDSET})`;

export const UPDATE_TICKET = `update tickets t set ${Object.keys(CHANGEABLE).map((c) => `${c} = r.${c}`).join(', ')}
  from json_to_record($1::json) as r (${recordset(CHANGEABLE)}) where t.org = $2 and t.id = $3::uuid and t.version = $4`; // prettier-ignore

/** The part of the row that the content fills. */
export function contentColumns(c: Content) {
  return {
    channel: c.channel,
    type: c.type,
    category: c.category,
    item: c.item ?? null,
    urgency: c.urgency ?? null,
    impact: c.impact ?? null,
    priority: c.priority,
    title: c.title,
    description: c.description,
    language: c.language,
    place: (c.place as Record<string, unknown> | undefined) ?? null,
    unit: c.unit ?? null,
    attributes: c.attributes ?? null,
  };
}

/** JSON of the changeable columns: `json_to_record` ignores the others. */
export function changeOf(t: StoredTicket): string {
  return JSON.stringify(Object.fromEntries(Object.keys(CHANGEABLE).map((name) => [name, t[name as keyof typeof CHANGEABLE]])));
}
