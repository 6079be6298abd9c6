/** Kafka's hash of keys (murmur2, as its Java clients compute it), so that other writers of our topics choose the same partitions. */
export function murmur2(data: Buffer): number {
  const M = 0x5bd1e995;
  let h = 0x9747b28c ^ data.length;
  let at = 0;
  for (; at + 4 <= data.length; at += 4) {
    let k = Math.imul(data.readInt32LE(at), M);
    k = Math.imul(k ^ (k >>> 24), M);
    h = Math.imul(h, M) ^ k;
  }
  let tail = 0;
  for (let i = data.length - 1; i >= at; i--) tail = (tail << 8) | (data[i] ?? 0);
  if (at < data.length) h = Math.imul(h ^ tail, M);
  h = Math.imul(h ^ (h >>> 13), M);
  return h ^ (h >>> 15);
}

/** kafkajs' default partitioner in 32-bit arithmetic; the original allocates about 20 BigInts per key. Every message of ours has a key. */
export function partitionOf(at: { message: { key?: Buffer | string | null }; partitionMetadata: readonly unknown[] }): number {
  return partitionOfKey(at.message.key ?? '', at.partitionMetadata.length);
}

export function partitionOfKey(key: Buffer | string, partitions: number): number {
  return (murmur2(typeof key === 'string' ? Buffer.from(key) : key) & 0x7fffffff) % partitions;
}
