import { type EventOf, type EventType } from './event.js';
import * as directory from './directory.js';
import * as dispatch from './dispatch/index.js';
import * as intake from './intake.js';
import * as notify from './notify.js';
import * as sla from './sla.js';
import { TICKETS, topicOf } from './topics.js';

type EventsIn<Module> = Extract<Module[keyof Module], EventType>;

/** Every event type of every producer, as a union: the `name` of an event determines the type of its `data`. */
export type AnyEventType =
  EventsIn<typeof intake> | EventsIn<typeof dispatch> | EventsIn<typeof directory> | EventsIn<typeof sla> | EventsIn<typeof notify>;
/** The event types on the topic `gongdan.tickets`. */
export type TicketEventType = Exclude<AnyEventType, typeof dispatch.PackPublished | EventsIn<typeof directory>>;
/** An event about a ticket, of any producer. */
export type TicketEvent = EventOf<TicketEventType>;

function eventsIn<Module extends object>(module: Module): EventsIn<Module>[] {
  return Object.values(module).filter(
    (value): value is EventsIn<Module> => typeof value === 'object' && value !== null && 'read' in value && 'of' in value,
  );
}

/** Every event type that a service publishes, in the order of their names. */
export const ALL_EVENTS: readonly AnyEventType[] = [
  ...eventsIn(intake),
  ...eventsIn(dispatch),
  ...eventsIn(directory),
  ...eventsIn(sla),
  ...eventsIn(notify),
].sort((a, b) => (a.name < b.name ? -1 : 1));

const byName = new Map<string, AnyEventType>(ALL_EVENTS.map((event) => [event.name, event]));

/** The event type of that name; undefined when no service publishes one. */
export function eventByName(name: string): AnyEventType | undefined {
  return byName.get(name);
}

/** The event types about tickets: all that are published on `gongdan.tickets`. */
export const TICKET_EVENTS: readonly TicketEventType[] = ALL_EVENTS.filter(
  (event): event is TicketEventType => topicOf(event.name) === TICKETS,
);
