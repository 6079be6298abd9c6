import { directory, type EventDraft, type EventOf } from '@gongdan/contracts';
import { type Entry, type EntryKind, membershipId, placeOf } from '@gongdan/directory';
import { idOf, type Instant } from '@gongdan/kernel';

export type DirectoryEvent = EventOf<(typeof directory.DIRECTORY_EVENTS)[number]>;

/** Id of the stream of an entry: the key of its messages. */
export function entryStream(org: string, kind: EntryKind, id: string): string {
  return idOf('directory', org, kind, id);
}

/** The entry that an event carries. */
export function entryOf(event: DirectoryEvent): Entry {
  switch (event.name) {
    case 'dispatch.unit-changed':
      return { kind: 'unit', id: event.data.key, value: event.data.unit as (Entry & { kind: 'unit' })['value'] };
    case 'dispatch.person-changed':
      return { kind: 'person', id: event.data.id, value: event.data.person as (Entry & { kind: 'person' })['value'] };
    case 'dispatch.membership-changed':
      return {
        kind: 'membership',
        id: membershipId(event.data.person, event.data.unit),
        value: event.data.membership as (Entry & { kind: 'membership' })['value'],
      };
    case 'dispatch.deputy-changed':
      return { kind: 'deputy', id: event.data.id, value: event.data.deputy as (Entry & { kind: 'deputy' })['value'] };
    case 'dispatch.presence-changed':
      return { kind: 'presence', id: event.data.person, value: event.data.presence as (Entry & { kind: 'presence' })['value'] };
  }
}

/** The event that tells a change of an entry. */
export function eventOf(org: string, entry: Entry, occurredAt: Instant): EventDraft {
  const about = { org, ticketId: entryStream(org, entry.kind, entry.id), occurredAt };
  switch (entry.kind) {
    case 'unit':
      return directory.UnitChanged.of({ ...about, data: { key: entry.id, unit: entry.value } });
    case 'person':
      return directory.PersonChanged.of({ ...about, data: { id: entry.id, person: mutable(entry.value) } });
    case 'membership':
      return directory.MembershipChanged.of({ ...about, data: { ...placeOf(entry.id), membership: mutable(entry.value) } });
    case 'deputy':
      return directory.DeputyChanged.of({ ...about, data: { id: entry.id, deputy: entry.value } });
    case 'presence':
      return directory.PresenceChanged.of({ ...about, data: { person: entry.id, presence: entry.value } });
  }
}

type Mutable<T> = T extends readonly (infer E)[] ? E[] : T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;

// zod infers mutable arrays; nothing writes to them.
function mutable<T>(value: T): Mutable<T> {
  return value as Mutable<T>;
}
