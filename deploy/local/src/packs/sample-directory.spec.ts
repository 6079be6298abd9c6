import { describe, expect, it } from '@jest/globals';
import { loadSampleDirectory, parentsFirst } from './sample-directory.js';

const names = { 'zh-CN': '单位', en: 'Unit' };

describe('loading a sample directory', () => {
  it('puts each parent before its units, wherever it stands in the file', () => {
    const units = [{ key: 'site', parent: 'city' }, { key: 'city', parent: 'province' }, { key: 'province' }];
    expect(parentsFirst(units).map((u) => u.key)).toEqual(['province', 'city', 'site']);
  });
  it('puts units, then each person with the memberships', async () => {
    const put: [string, unknown][] = [];
    await loadSampleDirectory(async (path, body) => void put.push([path, body]), {
      units: [{ key: 'desk', names }],
      people: [
        {
          id: 'li/1',
          name: '李',
          language: 'zh-CN',
          memberships: [{ unit: 'desk', roles: ['handler'], capacity: 3 }, { roles: ['analyst'] }],
        },
      ],
      deputies: [{ deputy: 'wang', of: 'li/1', from: '2026-03-01T16:00:00.000Z', until: '2026-03-06T16:00:00.000Z', unit: 'desk' }],
    });
    expect(put).toEqual([
      ['/v1/directory/units/desk', { names }],
      ['/v1/directory/people/li%2F1', { name: '李', languages: ['zh-CN'] }],
      ['/v1/directory/memberships/li%2F1?unit=desk', { roles: ['handler'], capacity: 3 }],
      ['/v1/directory/memberships/li%2F1', { roles: ['analyst'] }],
      [
        '/v1/directory/deputies/sample-1',
        { person: 'li/1', deputy: 'wang', from: '2026-03-01T16:00:00.000Z', until: '2026-03-06T16:00:00.000Z', unit: 'desk' },
      ],
    ]);
  });
});
