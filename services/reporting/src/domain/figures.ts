/** Figures about one group of tickets. */
export interface Figures {
  /** Value of the dimension; null where a ticket has none. */
  key: string | null;
  total: number;
  open: number;
  closed: number;
  /** Closed after the due instant with which the ticket was imported. */
  closedAfterDue: number;
  /** Clocks that ended (met or breached), those met, and their ratio; null when none ended. */
  promises: number;
  kept: number;
  onTimeRate: number | null;
  breaches: number;
  returns: number;
  reopens: number;
  urges: number;
  /** Median of closing minus registration, in days of 24 hours; null when nothing is closed. */
  medianDaysOpen: number | null;
}

/** Properties of a ticket by which tickets are counted; `all` is one group. */
export const PROPERTIES = ['all', 'unit', 'category', 'type', 'channel', 'priority', 'state', 'area', 'judgedUnit', 'judgedClass'] as const;
/** Spans of the calendar; a ticket counts where its registration lies in the zone. */
export const SPANS = ['day', 'month'] as const;

export type Dimension =
  | { kind: 'property'; property: (typeof PROPERTIES)[number] }
  | { kind: 'span'; span: (typeof SPANS)[number] }
  | { kind: 'attribute'; key: string };

const ATTRIBUTE = 'attribute.';

/** Reads a name like `unit`, `day` or `attribute.agency`; undefined when there is no such dimension. The packs decide whether the attribute exists. */
export function dimensionOf(name: string): Dimension | undefined {
  const property = PROPERTIES.find((p) => p === name);
  if (property) return { kind: 'property', property };
  const span = SPANS.find((s) => s === name);
  if (span) return { kind: 'span', span };
  return name.startsWith(ATTRIBUTE) ? { kind: 'attribute', key: name.slice(ATTRIBUTE.length) } : undefined;
}
