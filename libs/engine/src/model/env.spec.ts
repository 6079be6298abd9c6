import { Directory } from '@gongdan/directory';
import { describe, expect, it } from '@jest/globals';
import { actingOf } from './env.js';

const AT = '2026-03-02T02:00:00.000Z';
const names = { 'zh-CN': '单位', en: 'Unit' };
const directory = Directory.of({
  units: [
    { key: 'city', names },
    { key: 'north', names, parent: 'city' },
  ],
  people: [
    { id: 'han', name: 'Han' },
    { id: 'bare', name: 'Bare' },
    { id: 'gone', name: 'Gone', activeUntil: AT },
  ],
  memberships: [
    { person: 'han', unit: 'north', roles: ['leader'] },
    { person: 'gone', unit: 'north', roles: ['leader'] },
  ],
  deleted: ['erased'],
});

describe('who a caller is to the engine', () => {
  it.each([
    ['a member, with what the directory says', 'han', [], [], [{ unit: 'north', roles: ['leader'] }]],
    [
      'a member, whose token adds a role of the platform in his unit',
      'han',
      ['supervisor'],
      [],
      [{ unit: 'north', roles: ['leader', 'supervisor'] }],
    ],
    ['a member, narrowed by the token to a unit above', 'han', [], ['city'], [{ unit: 'north', roles: ['leader'] }]],
    ['a member, narrowed by the token to a unit that is not his', 'han', [], ['south'], []],
    ['a person without a unit, whose token names roles', 'bare', ['supervisor'], [], [{ roles: ['supervisor'] }]],
    ['a stranger who handles in the units of the token', 'xu', ['handler'], ['north'], [{ unit: 'north', roles: ['handler'] }]],
    ['a stranger with a role of the whole organisation', 'xu', ['agent'], [], [{ roles: ['agent'] }]],
    ['a stranger whose token names a role of a pack', 'xu', ['leader'], ['north'], []],
    [
      'a member whose token names a role of a pack that the directory does not give him',
      'han',
      ['director'],
      [],
      [{ unit: 'north', roles: ['leader'] }],
    ],
    ['somebody who was deleted, whatever the token says', 'erased', ['admin'], ['north'], []],
    ['somebody who has left, whatever the token says', 'gone', ['admin'], [], []],
  ])('is %s', (_, id, roles, units, memberships) => {
    expect(actingOf(directory, { id, roles, units }, AT).memberships).toEqual(memberships);
  });

  it('is a machine when the token says so', () => {
    expect(actingOf(directory, { id: 'crm', roles: ['machine'], units: [] }, AT)).toMatchObject({
      kind: 'machine',
      memberships: [{ roles: ['machine'] }],
    });
  });
});
