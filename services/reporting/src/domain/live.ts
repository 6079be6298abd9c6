import { inScope, type Scope } from '@gongdan/directory';

/** What a live listener receives about one event: enough to decide what to fetch. */
export interface LiveUpdate {
  ticketId: string;
  number: string;
  /** Name of the event. */
  event: string;
  /** State and unit after the event. */
  state: string;
  unit: string | null;
  at: string;
}

/** A change of a ticket of an organisation, with the unit that had the ticket before. */
export interface LiveChange {
  org: string;
  update: LiveUpdate;
  from: string | null;
}

/**
 * What replicas tell each other about an organisation; without a ticket: fetch again, something was left out. The update is not nested, because a replica of
 * an older release passes it on as it comes.
 */
export type LiveNews = (LiveUpdate & { from: string | null }) | { ticketId?: undefined };

/** What one listener hears: a change, that a ticket left the units of the caller, or that what is shown must be fetched again. */
export type Heard = { type: 'ticket'; data: LiveUpdate } | { type: 'gone'; data: { ticketId: string; number: string } } | typeof REFETCH;

export const REFETCH = { type: 'refetch', data: {} } as const;

export const liveChannel = (org: string): string => `gongdan:live:${org}`;

/** Tells the listeners of an organisation to fetch again. */
export const LEFT_OUT: LiveNews = {};

/** An import changes thousands of tickets at once. More changes of an organisation in one batch would only flood its listeners, who fetch again anyway. */
const MOST_CHANGES = 100;

/** The news of a batch for each organisation: what happens in one must not keep the news of another from its listeners. */
export function newsOf(changes: readonly LiveChange[]): Map<string, LiveNews[]> {
  const news = new Map<string, LiveNews[]>();
  for (const { org, update, from } of changes) {
    const ofOrg = news.get(org);
    if (ofOrg) ofOrg.push({ ...update, from });
    else news.set(org, [{ ...update, from }]);
  }
  for (const [org, all] of news) if (all.length > MOST_CHANGES) news.set(org, [LEFT_OUT, ...all.slice(-MOST_CHANGES)]);
  return news;
}

/** What the units of the scope let a listener hear. Where a ticket went is not told to those who reach only where it was. */
export function heardOf(news: LiveNews, scope: Scope): Heard | undefined {
  if (news.ticketId === undefined) return REFETCH;
  const { from, ...update } = news;
  if (inScope(scope, update.unit)) return { type: 'ticket', data: update };
  return inScope(scope, from) ? { type: 'gone', data: { ticketId: update.ticketId, number: update.number } } : undefined;
}
