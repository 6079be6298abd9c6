import { type Registered } from '@gongdan/engine';
import { loadPack, packFolder } from '@gongdan/packs/files';

export const starter = loadPack(packFolder('starter'));
export const city = loadPack(packFolder('city-311'));
export const now = '2026-03-02T01:00:00.000Z';

/** The data of a registration. */
export function registered(over: Partial<Registered> = {}): Registered {
  return {
    number: 'GD202603000001',
    pack: { key: 'starter', version: 1 },
    channel: 'phone',
    type: 'complaint',
    category: 'billing.refund',
    priority: 'ordinary',
    title: 'Refund',
    description: 'Not here yet',
    language: 'zh-CN',
    hasEmail: false,
    registeredAt: now,
    ...over,
  };
}
