/** The step that the second version of each pack names otherwise: a case that stands there cannot be moved. */
const RENAMED: Readonly<Record<string, [from: string, to: string, action: string]>> = {
  'p16-postal-verdicts': ['verifying', 'inspecting', 'accept'],
  'p20-order-transfer': ['proposing', 'drafting', 'accept'],
  'p26-three-levels': ['reviewing', 'checking', 'accept'],
  'p28-property-butler': ['repairing', 'mending', 'arrive'],
};

type Process = { actions: Record<string, Record<string, unknown> & { do: unknown[] }>; reactions?: Record<string, unknown> };

/** What no pack of the run has in its first version: so that performers, limits and facts of each kind are met. */
const MORE: Readonly<Record<string, (process: Process) => void>> = {
  'p16-postal-verdicts': ({ actions }) => void Object.assign(actions['close'] ?? {}, { except: { held: ['inspecting'] } }),
  'p20-order-transfer': ({ actions }) =>
    void Object.assign(actions['urge'] ?? {}, { by: [{ role: 'agent', scope: 'any' }, { doer: 'accept' }] }),
  'p26-three-levels': (process) => {
    // A case that has answered a breach surely knows that the clock is breached.
    const replyLate = {
      names: { 'zh-CN': '回复超时', en: 'The reply is late' },
      on: 'sla.clock-breached',
      when: { 'event.clock': 'reply' },
      do: [{ set: { replyLate: true } }],
    };
    process.reactions = { ...process.reactions, 'reply-late': replyLate };
  },
  'p28-property-butler': ({ actions }) => void Object.assign(actions['urge'] ?? {}, { limit: { times: 2, per: { minutes: 10 } } }),
};

/** Version 2 of a pack: one step has another name, and one action sets a field more, which shows by which version it was decided. */
export function secondVersion(pack: Record<string, unknown>): Record<string, unknown> {
  const { key } = pack['pack'] as { key: string };
  const [from, to, action] = RENAMED[key] ?? ['', '', ''];
  const renamed = JSON.parse(JSON.stringify(pack['process']).replaceAll(`"${from}"`, `"${to}"`)) as Process;
  renamed.actions[action]?.do.push({ set: { secondVersion: true } });
  MORE[key]?.(renamed);
  return { ...pack, pack: { ...(pack['pack'] as object), version: 2 }, process: renamed, scenarios: [] };
}
