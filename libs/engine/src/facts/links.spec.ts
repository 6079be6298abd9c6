import { describe, expect, it } from '@jest/globals';
import { opened, starter, viewFor } from '../cases.suite.js';
import { compile } from '../model/compiled.js';
import { factOf } from './context.js';

describe('facts about linked tickets', () => {
  const links = { child: { count: 3, open: 1, unit: 'west' }, parent: { count: 1, open: 0 } };
  const x = {
    pack: compile(starter),
    view: viewFor(starter),
    case: { ...opened(), heard: { clocks: {}, links } },
    now: '2026-03-02T01:00:00.000Z',
  };

  it.each([
    ['links.child.count', 3],
    ['links.child.open', 1],
    ['links.child.unit', 'west'],
    ['links.parent.open', 0],
    ['links.parent.unit', undefined],
    ['links.duplicate.count', 0],
    ['links.duplicate.unit', undefined],
    ['links.constructor.open', 0],
  ])('%s is %s', (name, value) => {
    expect(factOf(x, name)).toBe(value);
    expect(factOf({ ...x, case: opened() }, name)).toBe(name.endsWith('unit') ? undefined : 0);
  });
});
