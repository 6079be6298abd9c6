import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { drawPack } from '../draw.js';
import { widthOf, wrap } from './text.js';

const example = fileURLToPath(new URL('../../../../../docs/packs-howto/lost-property/', import.meta.url));

describe('the picture of a pack', () => {
  it('shows steps, holders, limits, actions, conditions of the start, side tasks and reactions in Chinese', async () => {
    const { svg } = await drawPack(example, 'zh-CN');
    for (const text of [
      '机场失物招领',
      '查找中',
      '按派单表',
      '保管期限 90天',
      '已找到',
      '类型 = 投诉',
      '其他',
      '贵重物品审批',
      '同意交还、不同意',
      '完成 → 交还中',
      '保管期限超时',
      '催办',
      '旅客认领（贵重）',
    ])
      expect(svg.replaceAll(/<\/text><text[^>]*>/g, '')).toContain(text);
    expect(svg).toMatch(/stroke-dasharray="6 4"[^>]*marker-end="url\(#tip-reaction\)"/);
  });
  it('is in English when that is asked for', async () => {
    const { svg } = await drawPack(example, 'en');
    expect(svg).toContain('Waiting for its owner');
    expect(svg).not.toMatch(/>[^<]*\p{Script=Han}[^<]*<\/text>/u);
  });
  it('says that a step keeps its holder on some ways although others name one', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'draw-')), 'desk');
    cpSync(example, folder, { recursive: true });
    const path = join(folder, 'process.yaml');
    const text = readFileSync(path, 'utf8').replace(
      'then: [{ go: handing-over }]',
      'then: [{ go: handing-over, holder: { doer: approve } }]',
    );
    writeFileSync(path, text);
    const { svg } = await drawPack(folder, 'en');
    rmSync(join(folder, '..'), { recursive: true });
    expect(svg.replaceAll(/<\/text><text[^>]*>/g, ' ')).toMatch(/who did: Approve \/ who did: Found/);
  });
  it('shows what could be read of a pack with mistakes, and names a step that is not declared', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'draw-')), 'desk');
    cpSync(example, folder, { recursive: true });
    const path = join(folder, 'process.yaml');
    const text = readFileSync(path, 'utf8')
      .replace('do: [{ go: answered }]', 'do: [{ go: answred }]')
      .replace('names: { zh-CN: 已找到, en: Found }', 'names: { zh-CN: 已找到 }')
      .replace('    by: holder\n    form: handover', '    by: [nobody]\n    form: handover')
      .replace('limit: { times: 1, per: run }', 'limit: once');
    writeFileSync(path, text);
    const { svg, mistakes } = await drawPack(folder, 'en');
    rmSync(join(folder, '..'), { recursive: true });
    const words = svg.replaceAll(/<\/text><text[^>]*>/g, ' ');
    expect(words).toMatch(/Waiting for its owner/);
    expect(words).toMatch(/answred \(not declared\)/);
    expect(words).toMatch(/This pack has 4 mistakes; what could not be read is not drawn/);
    expect(mistakes).toHaveLength(4);
  });
  it('is refused when not even the steps can be read', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'draw-')), 'desk');
    cpSync(example, folder, { recursive: true });
    writeFileSync(join(folder, 'process.yaml'), 'steps: [\n');
    await expect(drawPack(folder, 'en')).rejects.toThrow(/the pack has mistakes[^]*process\.yaml/);
    rmSync(join(folder, '..'), { recursive: true });
  });
  it('names whom a step keeps, the rows of tables, limits that depend on the ticket, and recurring work', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'draw-')), 'desk');
    cpSync(example, folder, { recursive: true });
    const change = (file: string, from: string, to: string): void => {
      const path = join(folder, file);
      writeFileSync(
        path,
        readFileSync(path, 'utf8').replace(from, () => to),
      );
    };
    change(
      'sla.yaml',
      'limit: { days: 90 }',
      'limit: [{ when: { class.category: documents }, limit: { days: 30 } }, { limit: { days: 90 } }]',
    );
    change(
      'intake.yaml',
      'defaultChannel:',
      `  - { key: plan, names: { zh-CN: 定期, en: Plan } }
plans:
  - { key: check, names: { zh-CN: 清点, en: Shelf check }, every: 2 weeks, from: 2026-03-02, on: mon, at: '09:30', workingDays: next, ticket: { type: lost, category: other, title: x } }
defaultChannel:`,
    );
    change(
      'process.yaml',
      'per: { minutes: 60 } }\n    do: []',
      'per: case, else: [{ open: { group: late, tasks: [{ step: sign-off, holder: { role: duty-manager, of: lost-desk } }] } }] }\n    do: []',
    );
    change('process.yaml', 'holder: { doer: match, waitsFor: customer }', 'holder: { unit: lost-desk }');
    const drawn = async (lang: 'zh-CN' | 'en'): Promise<string> => (await drawPack(folder, lang)).svg;
    const [zh, en] = [await drawn('zh-CN'), await drawn('en')];
    rmSync(join(folder, '..'), { recursive: true });
    expect(en).toContain('category = Documents → Airport police');
    expect(en).toContain('otherwise → Lost property desk');
    expect(en).toContain('Time an item is kept: category = Documents → 30 days; otherwise → 90 days');
    expect(en).toContain('Shelf check: every 2 weeks Mon 09:30, after a day off → Lost item · Other');
    expect(zh).toContain('清点：每2周 周一 09:30，遇休息日顺延 → 报失 · 其他');
    expect(en).toContain('Urge (agent, supervisor, at most 1 × per case)');
    expect(en).toContain('after 1 time');
    // The step of handing over names no holder: the one of waiting stays.
    expect(en).not.toContain('the same holder');
  });
  it('is the same each time', async () => {
    expect((await drawPack(example, 'en')).svg).toBe((await drawPack(example, 'en')).svg);
  });
});

describe('texts in the picture', () => {
  it('count an ideograph as one em and Latin letters as less', () => {
    expect(widthOf('工单')).toBe(2);
    expect(widthOf('ticket')).toBeLessThan(3);
  });
  it('break at blanks and between ideographs, never before a closing mark', () => {
    expect(wrap('审核中心重新分配工单，', 5)).toEqual(['审核中心重', '新分配工单，']);
    expect(wrap('Waiting for the owner', 6)).toEqual(['Waiting for', 'the owner']);
  });
});
