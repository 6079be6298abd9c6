import { type EventType } from './event.js';
import * as dispatch from './dispatch.js';
import * as intake from './intake.js';
import * as notify from './notify.js';
import * as sla from './sla.js';
import { PACKS, topicOf } from './topics.js';

function eventsIn(module: Record<string, unknown>): EventType[] {
  return Object.values(module).filter((v): v is EventType => typeof v === 'object' && v !== null && 'read' in v && 'of' in v);
}

/** Every event anybody says, in the order of their names. */
export const ALL_EVENTS: readonly EventType[] = [intake, dispatch, sla, notify]
  .flatMap(eventsIn)
  .sort((a, b) => (a.name < b.name ? -1 : 1));

const byName = new Map(ALL_EVENTS.map((e) => [e.name, e]));

export function eventByName(name: string): EventType | undefined {
  return byName.get(name);
}

/** Those that speak of a ticket. */
export const TICKET_EVENTS: readonly EventType[] = ALL_EVENTS.filter((e) => topicOf(e.name) !== PACKS);
