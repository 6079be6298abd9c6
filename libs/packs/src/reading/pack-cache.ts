import { hash } from 'node:crypto';
import { Unavailable } from '@gongdan/kernel';
import { type RuntimePack as Pack } from './runtime.js';
import { readPack } from './read-pack.js';

/** One document, however many organisations published it. */
interface Cached {
  pack: Pack;
  bytes: number;
  ids: Set<string>;
}

export interface PackCacheOptions {
  /** Bytes of JSON text kept; the objects take six to nine times as much. */
  mostBytes?: number;
  /** Called once per pack that cannot be read. */
  onUnreadable?: (id: string, error: unknown) => void;
}

/** 4 MB of text: some two hundred packs of the size of the shipped ones, or four of the largest. */
const MOST_BYTES = 4_000_000;
/** Ids that share documents: an id and its entry take some two hundred bytes. */
const MOST_IDS = 20_000;
/** Errors are short, but an organisation may store many broken packs. */
const MOST_ERRORS = 1_000;

/**
 * Packs read from the database, kept while they are in use: the least recently used is dropped when the limit of bytes is reached. A version of a pack never
 * changes, so a cached one is never out of date. The same document of several organisations is kept once, found by the hash of its text. A pack that cannot be read is
 * set aside: each `get` throws its error without reading it again.
 */
export class PackCache {
  /** By the hash of the text, the least recently used first. */
  private readonly packs = new Map<string, Cached>();
  private readonly hashes = new Map<string, string>();
  private readonly loading = new Map<string, Promise<Pack | undefined>>();
  private readonly errors = new Map<string, unknown>();
  /** Bytes of JSON text of the documents that are cached. */
  bytes = 0;

  constructor(private readonly options: PackCacheOptions = {}) {}

  /** How many documents are cached. */
  get size(): number {
    return this.packs.size;
  }

  /** Packs that cannot be read, by id. */
  get unreadable(): ReadonlyMap<string, unknown> {
    return this.errors;
  }

  /** `load` returns the stored JSON text; undefined, which is not remembered, when there is none. Throws what `readPack` throws. */
  async get(id: string, load: () => Promise<string | undefined>): Promise<Pack | undefined> {
    if (this.errors.has(id)) throw this.errors.get(id);
    const cached = this.touch(this.hashes.get(id));
    if (cached) return cached.pack;
    // Requests that arrive together wait for one load.
    let loading = this.loading.get(id);
    if (!loading) {
      loading = this.load(id, load).finally(() => this.loading.delete(id));
      this.loading.set(id, loading);
    }
    return loading;
  }

  private async load(id: string, load: () => Promise<string | undefined>): Promise<Pack | undefined> {
    const text = await load();
    if (text === undefined) return undefined;
    const document = hash('sha256', text, 'base64');
    const shared = this.touch(document);
    if (shared) {
      this.name(id, document, shared);
      return shared.pack;
    }
    let pack: Pack;
    try {
      pack = readPack(JSON.parse(text));
    } catch (cause) {
      const error = cause instanceof SyntaxError ? new Unavailable('packs/unreadable', { cause }, 'the stored pack is not JSON') : cause;
      if (this.errors.size < MOST_ERRORS) this.errors.set(id, error);
      this.options.onUnreadable?.(id, error);
      throw error;
    }
    this.keep(id, document, { pack, bytes: text.length, ids: new Set() });
    return pack;
  }

  private touch(document: string | undefined): Cached | undefined {
    const cached = document === undefined ? undefined : this.packs.get(document);
    if (document === undefined || cached === undefined) return undefined;
    this.packs.delete(document);
    this.packs.set(document, cached);
    return cached;
  }

  private name(id: string, document: string, cached: Cached): void {
    cached.ids.add(id);
    this.hashes.set(id, document);
    const [oldest] = this.hashes;
    if (this.hashes.size <= MOST_IDS || oldest === undefined) return;
    this.hashes.delete(oldest[0]);
    this.packs.get(oldest[1])?.ids.delete(oldest[0]);
  }

  // The newest stays even when it alone is larger than the limit: otherwise it could never be used.
  private keep(id: string, document: string, cached: Cached): void {
    this.packs.set(document, cached);
    this.bytes += cached.bytes;
    this.name(id, document, cached);
    for (const [oldest, { bytes, ids }] of this.packs) {
      if (this.bytes <= (this.options.mostBytes ?? MOST_BYTES) || oldest === document) return;
      this.packs.delete(oldest);
      for (const known of ids) this.hashes.delete(known);
      this.bytes -= bytes;
    }
  }
}
