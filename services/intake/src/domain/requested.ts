import { type dispatch, type EventOf } from '@gongdan/contracts';
import { cut } from '@gongdan/kernel';
import { type Draft, type Place } from './content.js';
import { type TicketContent } from './ticket-view.js';

/** Most reactions of packs in one chain, through new tickets too; the engine counts them within a case (law 7). */
export const LONGEST_CHAIN = 8;

/** How many reactions led to a request. A start row may ask too, and a ticket that registers the next one at its start is a chain like any other. */
export function depthOfRequest({ cause }: EventOf<typeof dispatch.RequestAsked>['data']): number {
  return (cause?.depth ?? 0) + (cause?.kind === 'start' ? 1 : 0);
}

/** A ticket that a process asks for (the effect `register`), with the values of its facts. */
export interface Requested {
  pack?: string | undefined;
  type?: string | undefined;
  category?: string | undefined;
  item?: string | undefined;
  title?: string | undefined;
  attributes?: Record<string, string | number | boolean> | undefined;
  copies?: readonly string[] | undefined;
  /** What the new ticket is to the one that asks. */
  link?: string | undefined;
}

/** The ticket that asks, as it stands. */
export type AskingTicket = { pack_key: string } & TicketContent;

/**
 * The content of the new ticket. What the request does not say is that of the asking ticket when both have the same pack; its words mean nothing in another
 * pack. The item belongs to its category, and the priority to the matter as a whole.
 */
export function draftOf(asked: Requested, from: AskingTicket): Draft {
  const copies = new Set(asked.copies);
  const own = asked.pack === undefined || asked.pack === from.pack_key;
  const sameCategory = own && (asked.category ?? from.category) === from.category;
  const sameMatter = sameCategory && (asked.type ?? from.type) === from.type;
  const attributes = { ...(own && copies.has('text') ? from.attributes : {}), ...asked.attributes } as NonNullable<Draft['attributes']>;
  return {
    type: asked.type ?? (own ? from.type : undefined),
    category: asked.category ?? (own ? from.category : undefined),
    item: asked.item ?? (sameCategory ? (from.item ?? undefined) : undefined),
    urgency: own ? (from.urgency ?? undefined) : undefined,
    impact: own ? (from.impact ?? undefined) : undefined,
    priority: sameMatter ? from.priority : undefined,
    channel: own ? from.channel : undefined,
    title: oneLine(asked.title ?? from.title),
    description: copies.has('text') ? from.description : undefined,
    language: from.language === 'en' ? 'en' : 'zh-CN',
    place: copies.has('place') ? ((from.place as Place | null) ?? undefined) : undefined,
    unit: from.unit ?? undefined,
    attributes: Object.keys(attributes).length > 0 ? attributes : undefined,
  };
}

// A title may come from a field of several lines.
function oneLine(text: string): string {
  return cut(text.replace(/\s+/g, ' ').trim(), 300);
}
