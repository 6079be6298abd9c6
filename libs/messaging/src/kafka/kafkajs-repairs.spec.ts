import { randomBytes, randomInt } from 'node:crypto';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import { decodeRecord, originalDecodeRecord, encodeRecord, originalEncodeRecord, type RecordFields } from './kafkajs-repairs.js';

const Decoder = createRequire(import.meta.url)('kafkajs/src/protocol/decoder.js') as { prototype: object };

const bytes = (record: RecordFields, encode: typeof encodeRecord): string => {
  const { buf, offset } = encode(record);
  return buf.subarray(0, offset).toString('hex');
};

describe('the record encoder', () => {
  it.each<[string, RecordFields]>([
    ['nothing', {}],
    ['a tombstone', { offsetDelta: 3, key: 'k', value: null }],
    ['empty fields', { key: '', value: Buffer.alloc(0), headers: { a: '' } }],
    [
      'Chinese text',
      { key: '工单', value: Buffer.from('{"title":"噪音"}'), headers: { ce_authname: '王芳', 'content-type': 'application/json' } },
    ],
    [
      'lengths around the borders of a varint',
      { offsetDelta: 64, key: 'k'.repeat(63), value: Buffer.alloc(8_191), headers: { ['h'.repeat(64)]: 'v'.repeat(8_192) } },
    ],
    ['what it leaves to kafkajs', { timestampDelta: 12, key: 'k', headers: { many: ['a', 'b'] } }],
  ])('writes %s as kafkajs does', (_, record) => expect(bytes(record, encodeRecord)).toBe(bytes(record, originalEncodeRecord)));

  it('encodes any record as kafkajs does', () => {
    for (let i = 0; i < 500; i++) {
      const text = (max: number) => randomBytes(randomInt(max)).toString(i % 2 ? 'latin1' : 'base64');
      const headers = Object.fromEntries(
        Array.from({ length: randomInt(20) }, (_, n) => [`h${n}${text(20)}`, i % 3 ? text(200) : randomBytes(randomInt(200))]),
      );
      const record = { offsetDelta: randomInt(2 ** 20), key: text(80), value: randomBytes(randomInt(20_000)), headers };
      expect(bytes(record, encodeRecord)).toBe(bytes(record, originalEncodeRecord));
    }
  });
});

describe('the record decoder', () => {
  const batch = {
    firstOffset: '4294967296',
    firstTimestamp: '1795392000000',
    isControlBatch: false,
    timestampType: 0,
    maxTimestamp: '1795392000999',
  };
  // The bytes of a record without its length, as kafkajs hands them over.
  const bodyOf = (record: RecordFields): Buffer => {
    const { buf, offset } = originalEncodeRecord(record);
    let length = 0;
    while ((buf[length] ?? 0) >= 0x80) length++;
    return buf.subarray(length + 1, offset);
  };
  const both = (body: Buffer, context: object = batch) =>
    [decodeRecord, originalDecodeRecord].map((decode) => {
      const decoder = Object.assign(Object.create(Decoder.prototype as object) as { buffer: Buffer; offset: number }, {
        buffer: body,
        offset: 0,
      });
      return { record: decode(decoder, context), read: decoder.offset };
    });

  it.each<[string, RecordFields, object?]>([
    ['nothing', {}],
    ['a tombstone', { offsetDelta: 3, key: 'k', value: null }],
    ['what kafkajs delays', { timestampDelta: 70_000, offsetDelta: 1, key: 'k', value: 'v' }],
    ['a record older than the first of its batch', { timestampDelta: -5, key: 'k', value: 'v' }],
    ['the broker’s own time', { key: 'k', value: 'v' }, { ...batch, timestampType: 1 }],
    ['numbers beyond a double', { offsetDelta: 9, key: 'k', value: 'v' }, { ...batch, firstOffset: '9223372036854775000' }],
    [
      'Chinese text',
      { key: '工单', value: Buffer.from('{"title":"噪音"}'), headers: { ce_authname: '王芳', 'content-type': 'application/json' } },
    ],
    ['a header that comes three times', { key: 'k', value: 'v', headers: { many: ['a', 'b', 'c'], once: 'd' } }],
    [
      'lengths around the borders of a varint',
      { offsetDelta: 64, key: 'k'.repeat(63), value: Buffer.alloc(8_191), headers: { ['h'.repeat(64)]: 'v'.repeat(8_192) } },
    ],
  ])('reads %s as kafkajs does', (_, record, ...more) => {
    const [ours, theirs] = both(bodyOf(record), more[0]);
    expect(ours).toEqual(theirs);
  });

  it('decodes any record as kafkajs does, also when it is truncated', () => {
    for (let i = 0; i < 60; i++) {
      const text = (max: number) => randomBytes(randomInt(max)).toString(i % 2 ? 'latin1' : 'base64');
      const headers = Object.fromEntries(
        Array.from({ length: randomInt(20) }, (_, n) => [`h${n}${text(20)}`, i % 3 ? text(200) : randomBytes(randomInt(200))]),
      );
      const body = bodyOf({
        timestampDelta: randomInt(2 ** 31),
        offsetDelta: randomInt(2 ** 20),
        key: text(80),
        value: randomBytes(randomInt(20_000)),
        headers,
      });
      const [ours, theirs] = both(body);
      expect(ours).toEqual(theirs);
      const [oursCut, theirsCut] = both(body.subarray(0, 2 + randomInt(body.length - 2)));
      expect(oursCut?.record).toEqual(theirsCut?.record);
    }
  });

  it('decodes a header named __proto__ as a header', () => {
    const headers =
      (
        both(bodyOf({ key: 'k', value: 'v', headers: { ['__proto__']: 'x', constructor: 'y' } }))[0]?.record as
          { headers?: Record<string, Buffer> } | undefined
      )?.headers ?? {};
    expect(Object.keys(headers).sort()).toEqual(['__proto__', 'constructor']);
    expect(headers['constructor']?.toString()).toBe('y');
  });
});

describe('the request queue', () => {
  it('times out a request that the broker never answers', async () => {
    const asked: unknown[] = [];
    const broker = createServer((socket) => void socket.on('data', (bytes) => asked.push(bytes)).on('error', () => undefined));
    await new Promise<void>((listening) => void broker.listen(0, '127.0.0.1', listening));
    const admin = new Kafka({
      brokers: [`127.0.0.1:${(broker.address() as AddressInfo).port}`],
      requestTimeout: 200,
      retry: { retries: 0 },
      logLevel: logLevel.NOTHING,
    }).admin();
    try {
      await expect(admin.connect()).rejects.toThrow(/timed out/);
      expect(asked).toHaveLength(1);
    } finally {
      await admin.disconnect();
      broker.close();
    }
  });
});
