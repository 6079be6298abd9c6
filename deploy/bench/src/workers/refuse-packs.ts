import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPack } from '@gongdan/packs';
import { readPackTexts } from '@gongdan/packs/files';
import { onInput, reply } from './worker.js';

export interface RefusePacksResult {
  refused: { what: string; cpuMs: number; reason: string }[];
}

type Reactions = Record<string, object>;
interface Parts {
  process: { reactions: Reactions };
}

/** CPU time of refusing packs that are too large, too deep or circular, as files and as JSON. Each is refused once before, as in a service that is warm. */
onInput(async ({ folder }: { folder: string }) => {
  const texts = new Map(
    readdirSync(folder).flatMap((f) => (f.endsWith('.yaml') ? [[f, readFileSync(join(folder, f), 'utf8')] as const] : [])),
  );
  const file = (name: string, change: (text: string) => string) => () =>
    readPackTexts(new Map(texts).set(name, change(texts.get(name) ?? ''))).mistakes.map((m) => m.rule);
  const { json } = readPackTexts(texts);
  const reactions = (n: number, make: (i: number) => object) => () => {
    const pack = structuredClone(json) as unknown as Parts;
    for (let i = 0; i < n; i++) pack.process.reactions[`r${i}`] = make(i);
    return checkPack(pack).mistakes.map((m) => m.rule);
  };
  const rows = '      - { key: r, when: {}, holder: { unit: lost-desk } }\n'.repeat(1_000_000);
  const packs: Record<string, () => string[]> = {
    '5 MB of text': file('pack.yaml', (t) => t.replace('A passenger', 'x'.repeat(5_000_000))),
    'nested 100,000 deep': file('forms.yaml', (t) => `${t}deep: ${'['.repeat(100_000)}${']'.repeat(100_000)}\n`),
    'a million rows': file('routing.yaml', (t) => t.replace('    rules:\n', () => `    rules:\n${rows}`)),
    'a loop of 190 reactions': reactions(190, () => ({ on: 'dispatch.task-woke', do: [{ sleep: { until: '1h' } }] })),
    '2,500 reactions': reactions(2_500, (i) => ({ on: 'sla.clock-breached', when: { 'event.clock': `c${i}` }, do: [{ set: { x: '1' } }] })),
  };
  const refused = Object.entries(packs).map(([what, refuse]) => {
    refuse();
    const begin = process.cpuUsage();
    const [reason = 'NOT REFUSED'] = refuse();
    const { user, system } = process.cpuUsage(begin);
    return { what, cpuMs: (user + system) / 1_000, reason: reason.slice(0, 120) };
  });
  reply({ refused });
});
