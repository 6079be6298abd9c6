import { randomBytes, randomInt } from 'node:crypto';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import { encodeRecord, encodeRecordSlowly, type RecordFields } from './kafkajs-repairs.js';

const bytes = (record: RecordFields, encode: typeof encodeRecord): string => {
  const { buf, offset } = encode(record);
  return buf.subarray(0, offset).toString('hex');
};

describe('the record encoder', () => {
  it.each<[string, RecordFields]>([
    ['nothing', {}],
    ['a tombstone', { offsetDelta: 3, key: 'k', value: null }],
    ['empty fields', { key: '', value: Buffer.alloc(0), headers: { a: '' } }],
    ['Chinese text', { key: '工单', value: Buffer.from('{"title":"噪音"}'), headers: { ce_authname: '王芳', 'content-type': 'application/json' } }],
    ['lengths around the borders of a varint', { offsetDelta: 64, key: 'k'.repeat(63), value: Buffer.alloc(8_191), headers: { ['h'.repeat(64)]: 'v'.repeat(8_192) } }],
    ['what it leaves to kafkajs', { timestampDelta: 12, key: 'k', headers: { many: ['a', 'b'] } }],
  ])('writes %s as kafkajs does', (_, record) => expect(bytes(record, encodeRecord)).toBe(bytes(record, encodeRecordSlowly)));

  it('writes anything as kafkajs does', () => {
    for (let i = 0; i < 500; i++) {
      const text = (max: number) => randomBytes(randomInt(max)).toString(i % 2 ? 'latin1' : 'base64');
      const headers = Object.fromEntries(Array.from({ length: randomInt(20) }, (_, n) => [`h${n}${text(20)}`, i % 3 ? text(200) : randomBytes(randomInt(200))]));
      const record = { offsetDelta: randomInt(2 ** 20), key: text(80), value: randomBytes(randomInt(20_000)), headers };
      expect(bytes(record, encodeRecord)).toBe(bytes(record, encodeRecordSlowly));
    }
  });
});

describe('the request queue', () => {
  it('gives up a request that a hanging broker never answers', async () => {
    const asked: unknown[] = [];
    const broker = createServer((socket) => void socket.on('data', (bytes) => asked.push(bytes)).on('error', () => undefined));
    await new Promise<void>((listening) => void broker.listen(0, '127.0.0.1', listening));
    const admin = new Kafka({ brokers: [`127.0.0.1:${(broker.address() as AddressInfo).port}`], requestTimeout: 200, retry: { retries: 0 }, logLevel: logLevel.NOTHING }).admin();
    try {
      await expect(admin.connect()).rejects.toThrow(/timed out/);
      expect(asked).toHaveLength(1);
    } finally {
      await admin.disconnect();
      broker.close();
    }
  });
});
