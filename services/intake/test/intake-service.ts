import { expect } from '@jest/globals';
import { dispatch } from '@gongdan/contracts';
import { idOf } from '@gongdan/kernel';
import { PackRegistry } from '@gongdan/messaging';
import { TestService, type TestServiceOptions } from '@gongdan/messaging/testing';
import { type PackFormat1 as Pack } from '@gongdan/packs';
import { loadPack, packFolder } from '@gongdan/packs/files';
import { eventually } from '@gongdan/testing';
import { intake } from '../src/intake.module.js';

export const AT = '2026-03-02T01:00:00.000Z';
export const starter = loadPack(packFolder('starter'));
/** The starter pack with gap-free numbers `YYYYMMNNN` per unit and month. */
export const gapFree: Pack = {
  ...starter,
  intake: { ...starter.intake, numbering: { format: '{unit}-{yyyy}{mm}{seq:3}', scope: ['unit', 'month'], gapFree: true } },
};
/** The starter pack under another key, with numbers of its own. */
export const numbered = (
  key: string,
  format: string,
  withoutGaps: boolean,
  scope: Pack['intake']['numbering']['scope'] = [],
  version = 1,
): Pack => ({
  ...starter,
  pack: { ...starter.pack, key, version },
  intake: { ...starter.intake, numbering: { format, scope, gapFree: withoutGaps } },
});

export const aTicket = (more: object = {}): Record<string, unknown> => ({
  type: 'complaint',
  category: 'network',
  title: 'No signal at home',
  description: 'since Monday',
  contact: { name: '李雷', phone: '13800135678', email: 'li@example.org' },
  ...more,
});

/** Puts a pack in force. */
export async function publish(s: TestService, org: string, pack: Pack): Promise<void> {
  const { key, version } = pack.pack;
  await s.deliver(
    dispatch.PackPublished.of({ org, ticketId: idOf(org, key), occurredAt: AT, data: { key, version, digest: 'x', pack: { ...pack } } }),
  );
  await eventually(() => expect(s.running.app.nest.get(PackRegistry).current(org, key)?.version).toBe(version));
}

/** Starts intake with a pack in force for each of these organisations. */
export async function startIntake(
  packs: Record<string, Pack> = { acme: starter, other: starter },
  options: TestServiceOptions = {},
): Promise<TestService> {
  const s = await TestService.start(intake, options);
  for (const [org, pack] of Object.entries(packs)) await publish(s, org, pack);
  return s;
}
