import { PackCache, type PackCacheOptions } from '@gongdan/packs';
import { logger, type Metrics } from '@gongdan/platform';

/** The cache of packs of one process, with its metrics; a pack that cannot be read is logged once as an error. */
export function watchedPackCache(metrics: Metrics, options: Pick<PackCacheOptions, 'mostBytes'> = {}): PackCache {
  const log = logger('packs');
  const cache = new PackCache({
    ...options,
    onUnreadable: (id, error) =>
      log.error('a stored pack cannot be read and is set aside: its tickets wait', {
        pack: id,
        error: error instanceof Error ? error.message : String(error),
      }),
  });
  metrics.gauge('gongdan_packs', 'Packs in memory: how many, their bytes of JSON text, and how many cannot be read', ['what'], (gauge) => {
    gauge.set({ what: 'cached' }, cache.size);
    gauge.set({ what: 'cached_bytes' }, cache.bytes);
    gauge.set({ what: 'unreadable' }, cache.unreadable.size);
  });
  return cache;
}
