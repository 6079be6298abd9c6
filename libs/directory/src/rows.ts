import { type Instant } from '@gongdan/kernel';

// The directory says who works where, as what, and who stands in for whom. It belongs to an organisation and changes at any time; no pack version
// holds any of it. These rows are what is stored and published; `Directory` answers questions about them.

export interface Names {
  'zh-CN': string;
  en: string;
}

export interface Coordinates {
  latitude: number;
  longitude: number;
}

/** A place in the organisation that can hold work: a department, a site, a team, a window. */
export interface DirectoryUnit {
  /** Unique in the organisation, over all of its packs. */
  key: string;
  names: Names;
  parent?: string;
  /** What kind of unit it is (`province`, `city`, `site`), a word of the organisation. */
  level?: string;
  /** Appears in ticket numbers; decision tables look units up by it. */
  code?: string;
  email?: string;
  coordinates?: Coordinates;
  /** Calendar of its working time, a key of the organisation. */
  calendar?: string;
  /** IANA zone of its shifts; without one, the zone of its parent. */
  zone?: string;
  /** It takes no new work from this instant on. */
  closedAt?: Instant;
  /** The unit that took over when it closed. */
  successor?: string;
}

export interface DirectoryPerson {
  /** Subject of the person's token. */
  id: string;
  name: string;
  languages?: readonly string[];
  /** Where notices go: sealed JSON `{email, phone}`. */
  contactSealed?: string;
  activeFrom?: Instant;
  /** The person has left from this instant on. */
  activeUntil?: Instant;
}

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Spans of a week such as `09:00-12:00`, in the zone of the unit. A span whose end is not after its start ends on the next day (`22:00-06:00`). */
export type Shift = Readonly<Partial<Record<Weekday, readonly string[]>>>;

export interface Membership {
  person: string;
  /** Absent: the whole organisation. */
  unit?: string;
  roles: readonly string[];
  /** Level of each skill, 1 the lowest. */
  skills?: Readonly<Record<string, number>>;
  /** The most tasks that routing gives the person in this unit at a time. */
  capacity?: number;
  /** When the person works here; absent: always. */
  shift?: Shift;
}

/** `deputy` acts for `person` from `from` until just before `until`: everywhere, or in one unit. */
export interface Deputy {
  person: string;
  deputy: string;
  from: Instant;
  until: Instant;
  unit?: string;
}

/** Whether a person is at work. Without a row he is present; an absence with `until` ends by itself. */
export interface Presence {
  person: string;
  state: 'present' | 'absent';
  until?: Instant;
}

export interface DirectoryRows {
  units: readonly DirectoryUnit[];
  people: readonly DirectoryPerson[];
  memberships: readonly Membership[];
  deputies?: readonly Deputy[];
  presence?: readonly Presence[];
  /** Ids of people who were deleted: they have left, whatever their token says. */
  deleted?: readonly string[];
}
