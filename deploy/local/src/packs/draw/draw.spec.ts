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
