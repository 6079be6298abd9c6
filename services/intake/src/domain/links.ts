import { type EventDraft, intake } from '@gongdan/contracts';
import { type Instant } from '@gongdan/kernel';

// A link says what one ticket is to another: `from` is a `kind` of `to`, an incident of a fault, a second dispatch of the first ticket. Kinds are free words
// of packs and people (docs/adr/0046).

export interface Linked {
  id: string;
  number: string;
}

export const endOf = ({ id, number }: Linked): Linked => ({ id, number });

export interface Link {
  id: string;
  org: string;
  kind: string;
  from: Linked;
  to: Linked;
}

/** Same as the kinds of packs, and short enough for its reverse. */
export const KIND = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
export const LONGEST_KIND = 60;

const REVERSE = '-of';

/** The word that the ticket at the beginning of a link has for the other one. */
export function reverseOf(kind: string): string {
  return kind === 'child' ? 'parent' : `${kind}${REVERSE}`;
}

/** The link as it is stored: `parent` and `x-of` are the words of the other side, and `x-of-of` is `x` again. */
export function directed<T>(kind: string, from: T, to: T): { kind: string; from: T; to: T } {
  if (kind === 'parent') return { kind: 'child', from: to, to: from };
  if (kind.endsWith(REVERSE)) return directed(kind.slice(0, -REVERSE.length), to, from);
  return { kind, from, to };
}

/** What the ticket at this end calls the other one. */
export function wordAt(kind: string, end: 'from' | 'to'): string {
  return end === 'to' ? kind : reverseOf(kind);
}

function sides(link: Link) {
  const { id, kind, from, to } = link;
  return (['from', 'to'] as const).map((end) => ({
    ticketId: link[end].id,
    data: { link: id, kind, end, as: wordAt(kind, end), other: end === 'from' ? to : from },
  }));
}

/** Both tickets tell the link, so that whoever follows one of them knows of it. `depth`: reactions of packs that led to it. */
export function linked(link: Link, at: Instant, depth?: number): EventDraft[] {
  const cause = depth === undefined ? {} : { cause: { depth } };
  return sides(link).map(({ ticketId, data }) =>
    intake.TicketLinked.of({ org: link.org, ticketId, occurredAt: at, data: { ...data, linkedAt: at, ...cause } }),
  );
}

export function unlinked(link: Link, at: Instant): EventDraft[] {
  return sides(link).map(({ ticketId, data }) =>
    intake.TicketUnlinked.of({ org: link.org, ticketId, occurredAt: at, data: { ...data, unlinkedAt: at } }),
  );
}
