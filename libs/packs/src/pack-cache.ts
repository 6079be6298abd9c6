import { Unavailable } from '@gongdan/kernel';
import { type RuntimePack as Pack } from './runtime.js';
import { readPack } from './read-pack.js';

interface Cached {
  pack: Pack;
  bytes: number;
}

export interface PackCacheOptions {
  /** Bytes of JSON text kept; the objects take six to nine times as much. */
  mostBytes?: number;
  /** Called once per pack that cannot be read. */
  onUnreadable?: (id: string, error: unknown) => void;
}

/** 4 MB of text: some two hundred packs of the size of the shipped ones, or four of the largest. */
const MOST_BYTES = 4_000_000;
/** Errors are short, but an organisation may store many broken packs. */
const MOST_ERRORS = 1_000;

/**
 * Packs read from the database, kept while they are in use: the least recently used is dropped when the limit of bytes is reached. A version of a pack never
 * changes, so a cached one is never out of date. A pack that cannot be read is set aside: each `get` throws its error without reading it again.
 */
export class PackCache {
  private readonly packs = new Map<string, Cached>();
  private readonly loading = new Map<string, Promise<Pack | undefined>>();
  private readonly errors = new Map<string, unknown>();
  /** Bytes of JSON text of the packs that are cached. */
  bytes = 0;

  constructor(private readonly options: PackCacheOptions = {}) {}

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
    const cached = this.packs.get(id);
    if (cached) {
      this.packs.delete(id);
      this.packs.set(id, cached);
      return cached.pack;
    }
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
    let pack: Pack;
    try {
      pack = readPack(JSON.parse(text));
    } catch (cause) {
      const error = cause instanceof SyntaxError ? new Unavailable('packs/unreadable', { cause }, 'the stored pack is not JSON') : cause;
      if (this.errors.size < MOST_ERRORS) this.errors.set(id, error);
      this.options.onUnreadable?.(id, error);
      throw error;
    }
    this.keep(id, { pack, bytes: text.length });
    return pack;
  }

  // The newest stays even when it alone is larger than the limit: otherwise it could never be used.
  private keep(id: string, cached: Cached): void {
    this.packs.set(id, cached);
    this.bytes += cached.bytes;
    for (const [oldest, { bytes }] of this.packs) {
      if (this.bytes <= (this.options.mostBytes ?? MOST_BYTES) || oldest === id) return;
      this.packs.delete(oldest);
      this.bytes -= bytes;
    }
  }
}
