import { describe, expect, it } from '@jest/globals';
import { Directory } from './directory.js';
import { reachOf } from './reach.js';

const NOW = '2026-03-02T02:00:00.000Z';
const names = { 'zh-CN': '单位', en: 'Unit' };
const directory = Directory.of({
  units: [
    { key: 'city', names },
    { key: 'north', names, parent: 'city' },
    { key: 'south', names, parent: 'city' },
    { key: 'desk', names },
  ],
  people: ['chief', 'han', 'mei', 'boss', 'lead', 'bare']
    .map((id) => ({ id, name: id }))
    .concat({ id: 'gone', name: 'gone', activeUntil: NOW } as never),
  memberships: [
    { person: 'chief', unit: 'city', roles: ['supervisor'] },
    { person: 'han', unit: 'north', roles: ['handler'] },
    { person: 'lead', unit: 'city', roles: ['leader'] },
    { person: 'mei', unit: 'desk', roles: ['agent'] },
    { person: 'boss', roles: ['supervisor', 'handler'] },
    { person: 'gone', roles: ['admin'] },
  ],
  deleted: ['erased'],
  deputies: [{ person: 'chief', deputy: 'han', from: NOW, until: '2026-03-03T00:00:00.000Z' }],
});
const BEFORE = '2026-03-01T00:00:00.000Z';
const of = (id: string, roles: string[] = [], units: string[] = [], at = BEFORE) => reachOf(directory, { id, roles, units }, at);

describe('reach of a person of the directory', () => {
  it('is the unit for handlers and roles of packs, the subtree for supervisors, the organisation for agents', () => {
    expect(of('han').scope()).toEqual({ all: false, units: ['north'] });
    expect(of('lead').scope()).toEqual({ all: false, units: ['city'] });
    expect(of('chief').scope()).toEqual({ all: false, units: ['city', 'north', 'south'] });
    expect(of('mei').scope()).toEqual({ all: true, units: [] });
    expect(of('boss').scope()).toEqual({ all: true, units: [] });
  });

  it('covers what it reaches; what no unit holds is covered by roles of the whole organisation', () => {
    expect([of('chief').covers('south'), of('chief').covers('desk'), of('chief').covers(undefined)]).toEqual([true, false, false]);
    expect([of('han').covers('north'), of('han').covers('city'), of('boss').covers(undefined)]).toEqual([true, false, true]);
    expect(of('boss').covers('north', (role) => role === 'agent')).toBe(false);
  });

  it('holds a role that only the token names in the same units', () => {
    expect(of('han', ['supervisor']).scope((role) => role === 'supervisor')).toEqual({ all: false, units: ['north'] });
    expect(of('han', ['admin']).scope((role) => role === 'admin')).toEqual({ all: true, units: [] });
    expect(of('bare', ['handler'], ['north']).scope()).toEqual({ all: false, units: ['north'] });
    expect(of('bare').grants).toEqual([]);
    expect(of('han', ['leader', 'offline_access']).roles).toEqual(['handler']);
    expect(of('stranger', ['leader'], ['north']).grants).toEqual([]);
  });

  it('is narrowed by the units of the token and never widened', () => {
    expect(of('han', ['handler'], ['south']).scope()).toEqual({ all: false, units: [] });
    expect(of('han', ['handler'], ['city']).scope()).toEqual({ all: false, units: ['north'] });
    expect(of('chief', [], ['south', 'desk']).scope()).toEqual({ all: false, units: ['south'] });
    expect(of('boss', [], ['south']).scope((role) => role === 'handler')).toEqual({ all: false, units: ['south'] });
    expect(of('boss', [], ['south']).scope((role) => role === 'supervisor')).toEqual({ all: true, units: [] });
  });

  it('grows by what a principal holds while the deputy acts, and shrinks afterwards', () => {
    expect(of('han', [], [], NOW).scope()).toEqual({ all: false, units: ['north', 'city', 'south'] });
    expect(of('han', [], [], '2026-03-03T00:00:00.000Z').scope()).toEqual({ all: false, units: ['north'] });
  });

  it('is nothing for a leaver, whatever the token says', () => {
    expect(of('gone', ['admin'], [], NOW).grants).toEqual([]);
    expect(of('erased', ['admin'], ['north']).grants).toEqual([]);
    expect(of('gone', [], [], BEFORE).roles).toEqual(['admin']);
  });
});

describe('reach of anybody else', () => {
  it('is the units of the token for a handler, the organisation for other roles', () => {
    expect(of('stranger', ['handler'], ['north']).scope()).toEqual({ all: false, units: ['north'] });
    expect(of('stranger', ['handler']).scope()).toEqual({ all: false, units: [] });
    expect(of('stranger', ['supervisor'], ['north']).scope()).toEqual({ all: true, units: [] });
    expect(of('stranger').scope()).toEqual({ all: false, units: [] });
  });
});
