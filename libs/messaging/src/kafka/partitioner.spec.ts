import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { newId } from '@gongdan/kernel';
import { Partitioners } from 'kafkajs';
import { murmur2, partitionOf } from './partitioner.js';

describe('the partitioner', () => {
  // From the tests of Apache Kafka's Java client (UtilsTest.testMurmur2).
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('hashes %s as Java does', (key, hash) => expect(murmur2(Buffer.from(key))).toBe(hash));

  it('chooses the same partition as kafkajs for every key', () => {
    const theirs = Partitioners.DefaultPartitioner();
    const partitionMetadata = Array.from({ length: 12 }, (_, partitionId) => ({ partitionId, leader: 1 })) as never[];
    for (let i = 0; i < 2_000; i++) {
      const key = i % 2 ? newId() : randomBytes(i % 41);
      const message = { key, value: null };
      expect(partitionOf({ message, partitionMetadata })).toBe(theirs({ topic: 't', partitionMetadata, message }));
    }
  });
});
