import { plusMs } from '@gongdan/kernel';
import { type Action, PackFormat2, type Reaction, type Step } from '@gongdan/packs/format2';
import { refusal, registered } from '../cases.suite.js';
import { advance, type Command } from '../decide/advance.js';
import { openCase } from '../decide/open-case.js';
import { type HeardEvent } from '../decide/react.js';
import { type Case } from '../model/case.js';
import { actingOf, type View } from '../model/env.js';
import { type Decided } from '../telling/tell.js';
import { randomPack } from './random-pack.suite.js';
import { luckOf, NOW, view } from './small-world.suite.js';

export const n = (text: string): { 'zh-CN': string; en: string } => ({ 'zh-CN': text, en: text });
const text = { names: n('text'), type: 'text' as const };

export interface Parts {
  catalogue?: object;
  steps?: Record<string, Partial<Step>>;
  actions?: Record<string, Partial<Action>>;
  reactions?: Record<string, Reaction>;
}

/** A pack with the steps `work` (held by east), `closed` and `dropped`, and side steps `sign` and `order`; an action is `on: work, by: holder` unless it says otherwise. */
export function packWith({ steps = {}, actions = {}, reactions = {}, catalogue = {} }: Parts): PackFormat2 {
  const base = randomPack(luckOf(1));
  const named = <T extends object>(of: Record<string, T>): Record<string, T> =>
    Object.fromEntries(Object.entries(of).map(([key, v]) => [key, { names: n(key), ...v }]));
  return PackFormat2.parse({
    ...base,
    catalogue: { ...base.catalogue, ...catalogue },
    forms: { solution: { fields: { solution: { ...text, required: true } } }, opinion: { fields: { opinion: text, phone: { ...text, tier: 'personal' } } } },
    process: {
      start: [{ go: 'work' }],
      system: { unroutable: 'waiting', withdrawn: 'dropped', importedClosed: 'closed' },
      steps: named({
        waiting: { state: 'received' },
        work: { state: 'in_progress', holder: { unit: 'east' } },
        next: { state: 'solution_review', holder: { unit: 'west' } },
        closed: { state: 'closed', final: true },
        dropped: { state: 'cancelled', final: true },
        sign: { side: true, refuses: ['refused'], holder: { unit: 'west' } },
        order: { side: true, holder: { unit: 'root' } },
        ...steps,
      }),
      actions: named(Object.fromEntries(Object.entries(actions).map(([key, a]) => [key, { on: 'work', by: 'holder', do: [], ...a }]))),
      reactions,
    },
    routing: undefined,
  }); // prettier-ignore
}

export const later = plusMs(NOW, 3_600_000);
export const open = (pack: PackFormat2, over: Parameters<typeof registered>[0] = {}): Case =>
  openCase(
    pack,
    view,
    { org: 'demo', ticketId: '019d2c1e-6f3a-7c55-9d0b-000000000001' },
    registered({ unit: 'east', registeredAt: NOW, ...over }),
    NOW,
  ).state;
export function act(pack: PackFormat2, c: Case, id: string, command: Command, at = later, on: View = view): Decided {
  return advance(pack, on, c, command, actingOf(on.directory, { id, roles: [], units: [] }, at), at, { decisions: 1 });
}
export const code = (work: () => unknown): string => refusal(work).code;
export const names = (d: Pick<Decided, 'events'>): string[] => d.events.map((e) => e.name.replace('dispatch.', ''));
export const first = (d: Pick<Decided, 'events'>): { changes?: unknown; cause?: unknown } => d.events[0]?.data ?? {};
export const heard = (over: Partial<HeardEvent> = {}): HeardEvent => ({ name: 'sla.clock-breached', data: { clock: 'resolve' }, occurredAt: later, depth: 0, ...over }); // prettier-ignore
export const signing = (more: object = {}): Action['do'] => [{ open: { group: 'approval', tasks: [{ step: 'sign' }, { step: 'sign' }], order: 'sequence', ...more } }] as Action['do']; // prettier-ignore
