import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { readPackFolder } from './files.js';
import { PackFormat2 } from './format2/index.js';
import { needsOf } from './needs.js';

const example = PackFormat2.parse(readPackFolder(fileURLToPath(new URL('../../../docs/packs-howto/lost-property/', import.meta.url))).json);

describe('what a pack needs of the directory', () => {
  it('names each role and unit once, with the first place that needs it', () => {
    expect(needsOf(example)).toEqual({
      roles: [{ key: 'duty-manager', pointer: '/process/start/0' }],
      units: [
        { key: 'lost-desk', pointer: '/process/start/0' },
        { key: 'airport-police', pointer: '/routing/tables/desks/rules/0' },
      ],
    });
  });
  it('names the units of the tickets that plans register', () => {
    const pack = structuredClone(example);
    const ticket = { type: 'lost', category: 'bags', title: 'x', description: 'x', unit: 'night-shift' };
    pack.intake.plans = [{ key: 'daily', names: { 'zh-CN': '每日', en: 'Daily' }, every: 'day', at: '09:00', ticket }];
    expect(needsOf(pack).units).toContainEqual({ key: 'night-shift', pointer: '/intake/plans/0/ticket/unit' });
  });
  it('finds those of side tasks, forms, notices and limits, and no role of the platform that only acts', () => {
    const pack = structuredClone(example);
    pack.process.start = [{ go: 'searching' }];
    pack.process.actions['urge'] = {
      ...pack.process.actions['urge'],
      by: [{ role: 'agent' }, { role: 'caretaker' }],
      limit: { times: 1, per: 'case', else: [{ go: 'answering', holder: { role: 'supervisor', of: 'level:city' } }] },
    } as (typeof pack.process.actions)[string];
    Object.assign(pack.forms?.['opinion']?.fields ?? {}, {
      who: { names: { 'zh-CN': '谁', en: 'Who' }, type: 'person', role: 'inspector' },
    });
    pack.notify?.rules[0]?.to.push('unit:press-office', { role: 'director', of: 'head-office' });
    const { roles, units } = needsOf(pack);
    expect(roles.map((r) => r.key).sort()).toEqual(['caretaker', 'director', 'duty-manager', 'inspector', 'supervisor']);
    expect(units.map((u) => u.key).sort()).toEqual(['airport-police', 'head-office', 'lost-desk', 'press-office']);
    expect(roles.find((r) => r.key === 'duty-manager')?.pointer).toBe('/process/actions/claim/do/0/open/tasks/0');
  });
});
