import { describe, expect, it } from '@jest/globals';
import { holds, hasRight, type RightName, RIGHTS, ROLE_RIGHTS } from './rights.js';

describe('the matrix of roles and rights', () => {
  it('names only rights there are, and gives admin all of them', () => {
    for (const rights of Object.values(ROLE_RIGHTS)) for (const right of rights) expect(RIGHTS).toContain(right);
    for (const right of RIGHTS) expect(hasRight(['admin'], right)).toBe(true);
  });

  it('gives nothing for no role, an unknown one, or a name of Object', () => {
    for (const roles of [[], ['root'], ['__proto__'], ['constructor'], ['toString'], ['Admin'], ['admin ']])
      for (const right of RIGHTS) expect(hasRight(roles, right)).toBe(false);
  });

  it('keeps people and machines apart', () => {
    expect(hasRight(['agent'], 'bus:operate')).toBe(false);
    expect(hasRight(['operator'], 'tickets:read')).toBe(false);
    expect(hasRight(['machine'], 'cases:supervise')).toBe(false);
    expect(hasRight(['handler'], 'cases:supervise')).toBe(false);
    expect(hasRight(['agent', 'operator'], 'bus:operate')).toBe(true);
  });
});

describe('rights over the whole installation', () => {
  const INSTALLATION: RightName[] = ['bus:read', 'bus:operate', 'clock:shift', 'reports:rebuild'];
  const held = (org: string, role: string, operatorOrg: string | undefined) =>
    RIGHTS.filter((right) => holds({ org, roles: [role] }, right, operatorOrg));

  it.each(['admin', 'operator'])('are honoured for an %s of the operator’s organisation only', (role) => {
    const all = RIGHTS.filter((right) => hasRight([role], right));
    expect(held('host', role, 'host')).toEqual(all);
    for (const tenant of ['acme', 'host-2', 'Host', ''])
      expect(held(tenant, role, 'host')).toEqual(all.filter((right) => !INSTALLATION.includes(right)));
  });

  it('are nobody’s while no organisation is named the operator’s', () => {
    for (const org of ['acme', 'undefined', ''])
      for (const right of INSTALLATION) expect(holds({ org, roles: ['admin', 'operator'] }, right, undefined)).toBe(false);
  });

  it('do not come with the organisation alone', () => {
    expect(held('host', 'agent', 'host')).toEqual(RIGHTS.filter((right) => hasRight(['agent'], right)));
  });
});
