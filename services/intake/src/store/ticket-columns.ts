import { type Row, TableColumns } from '@gongdan/platform';
import { type TicketContent, type TicketView } from '../domain/ticket-view.js';
import { type Content } from '../domain/content.js';
import { type Registration } from '../domain/ticket.js';

/** What the API shows as it is stored. */
type Shown = TicketContent & Pick<TicketView, 'id' | 'number' | 'version' | 'source' | 'plan'>;

/** A row of `tickets` as it is read. */
export interface StoredTicket extends Row, Shown {
  org: string;
  registration: Registration;
  case_state: string | null;
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
const NEW = new TableColumns({
  org: 'text', id: 'uuid', pack_key: 'text', pack_version: 'int', channel: 'text', type: 'text', category: 'text', item: 'text', urgency: 'text',
  impact: 'text', priority: 'text', title: 'text', description: 'text', language: 'text', place: 'json', unit: 'text', attributes: 'json',
  contact_sealed: 'text', has_email: 'boolean', phone_tail: 'text', source: 'text', external_key: 'text', content_digest: 'text',
  registered_at: 'timestamptz', registered_by: 'text', plan: 'json',
}); // prettier-ignore

/** A row to be inserted. */
export type NewTicket = Omit<Pick<StoredTicket, (typeof NEW.properties)[number]>, 'plan'> & Partial<Pick<StoredTicket, 'plan'>>;

/** What a correction or a withdrawal may change. */
const CHANGEABLE = new TableColumns({
  version: 'int', registration: 'text', title: 'text', description: 'text', category: 'text', priority: 'text', place: 'json',
  contact_sealed: 'text', has_email: 'boolean', phone_tail: 'text',
}); // prettier-ignore

/** Column list of an insert; the number is first. */
export const INSERTED = `number, ${NEW.names}`;

/** Columns of a recordset of new rows, for a statement that makes the number and the instant of the registration itself. */
export const NEW_RECORDSET_UNDATED = NEW.typed(['registered_at']);

export const INSERT_TICKETS = `insert into tickets (${INSERTED}) select ${INSERTED} from json_to_recordset($1::json) as r (number text, ${NEW.typed()})`;

export const UPDATE_TICKET = `update tickets t set ${CHANGEABLE.assign('r', [])} from ${CHANGEABLE.recordset('$1', 'r')}
  where t.org = $2 and t.id = $3::uuid and t.version = $4`;

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

/** The parameter of `UPDATE_TICKET`. */
export function changeOf(t: StoredTicket): string {
  return JSON.stringify([Object.fromEntries(CHANGEABLE.properties.map((name) => [name, t[name]]))]);
}
