import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packFolder } from '@gongdan/packs/files';

/** The limit of the only clock of the storm pack. */
export const LIMIT_MS = 60_000;
export const WARN_AFTER_MS = 30_000;

/** Writes the starter pack with one clock of a minute that runs around the clock, so that a fault run of minutes sees promises kept and broken. */
export function stormPack(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'gongdan-storm-pack-'));
  cpSync(packFolder('starter'), folder, { recursive: true });
  const edit = (part: string, change: (value: Record<string, unknown>) => Record<string, unknown>): void => {
    const path = join(folder, `${part}.json`);
    writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>)));
  };
  edit('pack', (pack) => ({ ...pack, key: 'storm' }));
  edit('sla', () => ({
    calendars: [],
    clocks: [
      {
        key: 'minute',
        names: { 'zh-CN': '一分钟', en: 'One minute' },
        limit: [{ limit: { minutes: LIMIT_MS / 60_000 } }],
        start: ['dispatch.ticket-dispatched'],
        pause: ['dispatch.ticket-suspended'],
        resume: ['dispatch.ticket-resumed', 'dispatch.ticket-transferred'],
        stop: ['dispatch.ticket-resolved', 'dispatch.ticket-closed'],
        cancel: ['dispatch.ticket-cancelled'],
        warnings: [{ key: 'half', ratio: WARN_AFTER_MS / LIMIT_MS }],
      },
    ],
  }));
  // The scenarios of the starter pack are about its own clocks.
  writeFileSync(join(folder, 'scenarios.json'), '[]');
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
