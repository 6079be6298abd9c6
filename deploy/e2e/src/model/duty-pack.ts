import { fileURLToPath } from 'node:url';
import { readPackFolder } from '@gongdan/packs/files';

/** How many tasks each person of a unit may have, and how many people it has. */
export const UNITS = {
  least: { people: 5, capacity: 3 },
  turns: { people: 5, capacity: 4 },
  pool: { people: 50, capacity: 2 },
} as const;

/** A small pack whose tickets go to the least loaded person, to the next in turn, or to a pool, by category. From version 2 on they are finished otherwise. */
export function dutyPack(version: number, change: (process: Record<string, unknown>) => void = () => undefined): Record<string, unknown> {
  const folder = fileURLToPath(new URL('../../../../libs/packs/processes/p20-order-transfer', import.meta.url));
  const { json } = readPackFolder(folder);
  const names = (zh: string, en: string): object => ({ 'zh-CN': zh, en });
  const process: Record<string, unknown> = {
    start: [
      { when: { 'class.category': 'service' }, go: 'waiting', holder: { unit: 'least', pick: 'least-loaded' } },
      { when: { 'class.category': 'billing' }, go: 'waiting', holder: { unit: 'turns', pick: 'round-robin' } },
      { go: 'waiting', holder: { unit: 'pool' } },
    ],
    system: { unroutable: 'unroutable', withdrawn: 'withdrawn', importedClosed: 'closed' },
    steps: {
      unroutable: { names: names('待派单', 'To be routed'), state: 'unroutable' },
      waiting: { names: names('待处理', 'Waiting'), state: 'dispatched' },
      closed: { names: names('已办结', 'Closed'), state: 'closed', final: true },
      withdrawn: { names: names('已撤销', 'Withdrawn'), state: 'cancelled', final: true },
    },
    actions: {
      [version === 1 ? 'finish' : `finish-${version}`]: {
        names: names('办结', 'Finish'),
        on: 'waiting',
        by: 'holder',
        do: [{ go: 'closed' }],
      },
      'pass-on': {
        names: names('转交', 'Pass on'),
        on: 'waiting',
        by: 'holder',
        do: [{ assign: { unit: 'least', pick: 'least-loaded' } }],
      },
    },
  };
  change(process);
  return {
    ...json,
    pack: { ...(json['pack'] as object), key: 'duty', version, roles: {} },
    forms: {},
    process,
    notify: { ...(json['notify'] as object), rules: [], templates: {} },
    scenarios: [],
  };
}
