import { isCompacted } from '@gongdan/contracts';
import { type Incoming } from './incoming.js';
import { type Contiguous, type Stream, streamKey } from './marks.js';

/** The streams of a batch, each once. */
export function uniqueStreams(batch: readonly Incoming[]): Stream[] {
  const streams = new Map<string, Stream>();
  for (const { address } of batch) if (address) streams.set(streamKey(address), address);
  return [...streams.values()];
}

/** The streams of a batch in which no record has to be examined by itself; undefined when one has to be. */
export function contiguousStreams(batch: readonly Incoming[]): Contiguous[] | undefined {
  const streams = new Map<string, Contiguous>();
  for (const incoming of batch) {
    // On the compacted topic of packs a jump in seq is no gap.
    if (incoming.kind !== 'event' || incoming.refusal || isCompacted(incoming.message.topic)) return undefined;
    const { org, ticketId, producer, seq, id } = incoming.address;
    const known = streams.get(streamKey(incoming.address));
    if (!known) streams.set(streamKey(incoming.address), { org, ticketId, producer, firstSeq: seq, eventIds: [id] });
    else if (seq === known.firstSeq + known.eventIds.length) known.eventIds.push(id);
    else return undefined;
  }
  return [...streams.values()];
}
