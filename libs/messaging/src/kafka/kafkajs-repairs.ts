import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';

// kafkajs 2.2.4 is no longer maintained. This file replaces parts of it by equivalents that cost less, or that recover faster.
const load = createRequire(import.meta.url);

interface RequestQueue {
  pending: unknown[];
  inflight: Map<number, { sentAt: number; requestTimeout: number; timeoutRequest(): void }>;
  requestTimeout: number;
  enforceRequestTimeout: boolean;
  requestTimeoutIntervalId: NodeJS.Timeout | null;
  isConnected(): boolean;
  destroy(): void;
  scheduleRequestTimeoutCheck(): void;
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

// The original re-arms a timer about every millisecond on every connection, even with nothing pending. That was half of an idle service's CPU
// (20 % of a core for five services with it, 10 % without). Here the timer runs only while a request waits, as the original's comment intends.
const queue = (load('kafkajs/src/network/requestQueue/index.js') as { prototype: RequestQueue }).prototype;
queue.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.throttleCheckTimeoutId || this.pending.length === 0) return;
  const wait = this.throttledUntil - Date.now();
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    },
    wait > 0 ? wait : 10,
  );
};

// The original looks for overdue requests ten times a second on every connection, which was a third of the wake-ups of an idle service. A tenth
// of the time-out is early enough to notice one.
queue.scheduleRequestTimeoutCheck = function (this: RequestQueue): void {
  if (!this.enforceRequestTimeout) return;
  this.destroy();
  this.requestTimeoutIntervalId = setInterval(() => {
    for (const request of this.inflight.values()) if (Date.now() - request.sentAt > request.requestTimeout) request.timeoutRequest();
    if (!this.isConnected()) this.destroy();
  }, this.requestTimeout / 10).unref();
};

interface Encoded {
  buf: Buffer;
  offset: number;
}

export interface RecordFields {
  offsetDelta?: number;
  timestampDelta?: unknown;
  key?: Buffer | string | null;
  value?: Buffer | string | null;
  headers?: Record<string, Buffer | string | (Buffer | string)[] | undefined>;
}

type EncodeRecord = (record: RecordFields) => Encoded;

const RECORD = load.resolve('kafkajs/src/protocol/recordBatch/record/v0/index.js');
const Encoder = load('kafkajs/src/protocol/encoder.js') as new (size: number) => Encoded;
/** The original allocates a buffer of 512 bytes per header and two arrays per length, which was a tenth of intake's CPU under load. */
export const originalEncodeRecord = load(RECORD) as EncodeRecord;

const bytesOf = (value: Buffer | string): number => (typeof value === 'string' ? Buffer.byteLength(value) : value.length);
const zigZag = (n: number): number => ((n << 1) ^ (n >> 31)) >>> 0;

function sizeOfVarInt(n: number): number {
  let size = 1;
  for (let rest = zigZag(n); rest >= 0x80; rest >>>= 7) size += 1;
  return size;
}

/** Encodes a record of a batch in format v2 (KIP-98) into one buffer of the exact size. */
export const encodeRecord: EncodeRecord = (record) => {
  const { offsetDelta = 0, timestampDelta = 0, key, value, headers = {} } = record;
  const entries = Object.entries(headers);
  if (timestampDelta !== 0 || !isField(key) || !isField(value) || !entries.every(([, v]) => isText(v))) return originalEncodeRecord(record);
  const texts = entries as [string, Buffer | string][];
  const sized = (field: Buffer | string | null | undefined): number => (field == null ? 1 : sizeOfVarInt(bytesOf(field)) + bytesOf(field));
  // Attributes and timestamp delta take one byte each.
  const body =
    2 +
    sizeOfVarInt(offsetDelta) +
    sized(key) +
    sized(value) +
    sizeOfVarInt(texts.length) +
    texts.reduce((sum, [name, text]) => sum + sized(name) + sized(text), 0);
  const encoded = new Encoder(1);
  const buf = Buffer.allocUnsafe(sizeOfVarInt(body) + body);
  let at = 0;
  const varInt = (n: number): void => {
    let rest = zigZag(n);
    for (; rest >= 0x80; rest >>>= 7) buf[at++] = (rest & 0x7f) | 0x80;
    buf[at++] = rest;
  };
  const field = (bytes: Buffer | string | null | undefined): void => {
    if (bytes == null) {
      varInt(-1);
      return;
    }
    varInt(bytesOf(bytes));
    at += typeof bytes === 'string' ? buf.write(bytes, at) : bytes.copy(buf, at);
  };
  varInt(body);
  buf[at++] = 0;
  buf[at++] = 0;
  varInt(offsetDelta);
  field(key);
  field(value);
  varInt(texts.length);
  for (const [name, text] of texts) {
    field(name);
    field(text);
  }
  encoded.buf = buf;
  encoded.offset = at;
  return encoded;
};

const isText = (v: unknown): boolean => typeof v === 'string' || Buffer.isBuffer(v);
const isField = (v: unknown): boolean => v == null || isText(v);

// The produce request reads the encoder from the module cache when it is first loaded.
const cached = load.cache[RECORD];
if (!cached) throw new Error('kafkajs no longer keeps its record encoder where it was');
cached.exports = encodeRecord;

export interface RecordBytes {
  buffer: Buffer;
  offset: number;
}

interface BatchContext {
  firstOffset?: string;
  firstTimestamp?: string;
  magicByte?: number;
  isControlBatch?: boolean;
  timestampType?: number;
  maxTimestamp?: string;
}

type DecodeRecord = (decoder: RecordBytes, batch?: BatchContext) => object;

const RECORD_DECODER = load.resolve('kafkajs/src/protocol/recordBatch/record/v0/decoder.js');
/** The original copies all headers read so far for every header and computes with BigInts, which was a tenth of a consumer's CPU. */
export const originalDecodeRecord = load(RECORD_DECODER) as DecodeRecord;
const LOG_APPEND_TIME = 1;

/** Returns what `originalDecodeRecord` returns. Numbers that a double cannot hold are left to the original. */
export const decodeRecord: DecodeRecord = (decoder, batch = {}) => {
  const { buffer } = decoder;
  const begin = decoder.offset;
  let at = begin;
  const varInt = (): number => {
    let [result, factor, byte] = [0, 1, 0];
    do {
      byte = buffer[at++] ?? 0;
      result += (byte & 0x7f) * factor;
      factor *= 128;
    } while (byte >= 0x80);
    return result % 2 === 0 ? result / 2 : -(result + 1) / 2;
  };
  const bytes = (): Buffer | null => {
    const length = varInt();
    if (length === -1) return null;
    at += length;
    return buffer.subarray(at - length, at);
  };
  const attributes = buffer.readInt8(at++);
  const time = Number(batch.firstTimestamp) + varInt();
  const offset = Number(batch.firstOffset) + varInt();
  if (!Number.isSafeInteger(time) || !Number.isSafeInteger(offset)) return originalDecodeRecord(decoder, batch);
  const [key, value] = [bytes(), bytes()];
  // The object has no prototype, because a header may be called __proto__.
  const headers = Object.create(null) as Record<string, unknown>;
  for (let rest = varInt(); rest > 0; rest--) {
    const length = varInt();
    const name = length === -1 ? 'null' : buffer.toString('utf8', at, (at += length));
    const [before, text] = [headers[name], bytes()];
    headers[name] = before === undefined ? text : Array.isArray(before) ? [...(before as unknown[]), text] : [before, text];
  }
  decoder.offset = at;
  const timestamp = batch.timestampType === LOG_APPEND_TIME && batch.maxTimestamp ? batch.maxTimestamp : String(time);
  return {
    magicByte: batch.magicByte,
    attributes,
    timestamp,
    offset: String(offset),
    key,
    value,
    headers,
    isControlRecord: batch.isControlBatch ?? false,
    batchContext: batch,
  };
};

const cachedDecoder = load.cache[RECORD_DECODER];
if (!cachedDecoder) throw new Error('kafkajs no longer keeps its record decoder where it was');
cachedDecoder.exports = decodeRecord;

interface ConsumerGroup {
  groupId: string;
  memberId: string | null;
  connect(): Promise<void>;
}

const rejoining = new Map<string, string>();

/**
 * The next consumer of this group that connects in this process joins as this member. A new consumer otherwise joins as a new member, and the
 * broker waits for the old one until its session ends: 10 s without a record after each restart of a broker. A member that the broker no
 * longer knows gets a new id, as ever.
 */
export function rejoinAs(group: string, memberId: string): void {
  rejoining.set(group, memberId);
}

const consumerGroup = (load('kafkajs/src/consumer/consumerGroup.js') as { prototype: ConsumerGroup }).prototype;
const connect = consumerGroup.connect;
consumerGroup.connect = function (this: ConsumerGroup): Promise<void> {
  this.memberId ??= rejoining.get(this.groupId) ?? null;
  rejoining.delete(this.groupId);
  return connect.call(this);
};

interface BrokerPool {
  metadataMaxAge: number;
  /** null: the next caller refreshes the metadata. */
  metadataExpireAt: number | null;
  /** Monotonic ms. */
  refreshedAt?: number;
  refreshMetadata(topics: string[]): Promise<void>;
  refreshMetadataIfNecessary(topics: string[]): Promise<void>;
}

const ADMIN_METADATA_MS = 5_000;

// The original gives the metadata of an admin client no lifetime, so each query for offsets asked for them first: a quarter of the requests of
// an idle producer, which states its watermark twice a second. It measures a lifetime by the wall clock, so that after this clock was set back
// by an hour no metadata would expire for an hour; here the monotonic clock decides.
const pool = (load('kafkajs/src/cluster/brokerPool.js') as { prototype: BrokerPool }).prototype;
const { refreshMetadata, refreshMetadataIfNecessary } = pool;
pool.refreshMetadata = async function (this: BrokerPool, topics: string[]): Promise<void> {
  await refreshMetadata.call(this, topics);
  this.refreshedAt = performance.now();
  // It is null when a broker was removed meanwhile.
  if (this.metadataExpireAt !== null) this.metadataExpireAt = Infinity;
};
pool.refreshMetadataIfNecessary = async function (this: BrokerPool, topics: string[]): Promise<void> {
  const age = performance.now() - (this.refreshedAt ?? -Infinity);
  if (age > (this.metadataMaxAge || ADMIN_METADATA_MS)) this.metadataExpireAt = null;
  await refreshMetadataIfNecessary.call(this, topics);
};

interface OffsetQuery {
  topic: string;
  fromBeginning?: boolean;
  partitions: { partition: number }[];
}
interface Cluster {
  brokerPool: BrokerPool;
  fetchTopicsOffset(topics: OffsetQuery[]): Promise<{ topic: string; partitions: { partition: number; offset: string }[] }[]>;
}

const endsOnly = new AsyncLocalStorage<boolean>();

/** Runs `fetchTopicOffsets` of an admin client without its second request, for the beginnings: `low` is then 0. */
export function withoutBeginnings<T>(query: () => Promise<T>): Promise<T> {
  return endsOnly.run(true, query);
}

const cluster = (load('kafkajs/src/cluster/index.js') as { prototype: Cluster }).prototype;
const fetchTopicsOffset = cluster.fetchTopicsOffset;
cluster.fetchTopicsOffset = async function (this: Cluster, topics: OffsetQuery[]) {
  if (endsOnly.getStore() === true && topics.every((t) => t.fromBeginning === true)) {
    return topics.map(({ topic, partitions }) => ({ topic, partitions: partitions.map(({ partition }) => ({ partition, offset: '0' })) }));
  }
  try {
    return await fetchTopicsOffset.call(this, topics);
  } catch (error) {
    // A broker that no longer leads a partition answers with an error, and the original keeps asking it until the metadata expire.
    this.brokerPool.metadataExpireAt = null;
    throw error;
  }
};
