import { type ServiceDefinition, type Tx } from '@gongdan/platform';
import { type Incoming } from './incoming.js';
import { isConflict, type Mark, streamKey } from './marks.js';

/**
 * The records of a batch that hold another event than the one applied under their number, as the marks stand before the batch. Repetitions that
 * are older than the recent ids of their marks are compared with the stored history, if the service keeps one: with one query for the whole
 * batch, because a producer that publishes its history again fills batches with repetitions.
 */
export async function findConflicts(
  tx: Tx,
  batch: readonly Incoming[],
  marks: ReadonlyMap<string, Mark>,
  storedEventIds: ServiceDefinition['storedEventIds'],
): Promise<Set<Incoming>> {
  const conflicts = new Set<Incoming>();
  const older: Incoming[] = [];
  for (const incoming of batch) {
    const { kind, address } = incoming;
    const mark = address && marks.get(streamKey(address));
    // The address of an unproven record is only a claim.
    if (!mark || kind === 'unproven' || address.seq > mark.lastSeq) continue;
    const conflict = isConflict(mark, address.seq, address.id);
    if (conflict === true) conflicts.add(incoming);
    if (conflict === undefined) older.push(incoming);
  }
  if (!storedEventIds || older.length === 0) return conflicts;
  const stored = await storedEventIds(
    tx,
    older.flatMap((i) => i.address ?? []),
  );
  older.forEach((incoming, i) => {
    if (stored[i] !== undefined && stored[i] !== incoming.address?.id) conflicts.add(incoming);
  });
  return conflicts;
}
