import { describe, expect, it } from '@jest/globals';
import { mayDo, RIGHTS, ROLE_RIGHTS } from './rights.js';

describe('the matrix of roles and rights', () => {
  it('names only rights there are, and gives admin all of them', () => {
    for (const rights of Object.values(ROLE_RIGHTS)) for (const right of rights) expect(RIGHTS).toContain(right);
    for (const right of RIGHTS) expect(mayDo(['admin'], right)).toBe(true);
  });

  it('gives nothing for no role, an unknown one, or a name of Object', () => {
    for (const roles of [[], ['root'], ['__proto__'], ['constructor'], ['toString'], ['Admin'], ['admin ']]) for (const right of RIGHTS) expect(mayDo(roles, right)).toBe(false);
  });

  it('keeps people and machines apart', () => {
    expect(mayDo(['agent'], 'bus:operate')).toBe(false);
    expect(mayDo(['operator'], 'tickets:read')).toBe(false);
    expect(mayDo(['machine'], 'cases:supervise')).toBe(false);
    expect(mayDo(['handler'], 'cases:supervise')).toBe(false);
    expect(mayDo(['agent', 'operator'], 'bus:operate')).toBe(true);
  });
});
