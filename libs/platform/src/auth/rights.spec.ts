import { describe, expect, it } from '@jest/globals';
import { holds, hasRight, type RightName, RIGHTS, ROLE_RIGHTS } from './rights.js';

describe('the matrix of roles and rights', () => {
  it('names only existing rights and gives admin all of them', () => {
    for (const rights of Object.values(ROLE_RIGHTS)) for (const right of rights) expect(RIGHTS).toContain(right);
    for (const right of RIGHTS) expect(hasRight(['admin'], right)).toBe(true);
  });

  it('gives no right for a missing role, an unknown role, or the name of a property of Object', () => {
    for (const roles of [[], ['root'], ['__proto__'], ['constructor'], ['toString'], ['Admin'], ['admin ']])
      for (const right of RIGHTS) expect(hasRight(roles, right)).toBe(false);
  });

  it('separates the roles of people from those of machines and operators', () => {
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

  it.each(['admin', 'operator'])('gives the rights over the installation to an %s of the operator’s organisation only', (role) => {
    const all = RIGHTS.filter((right) => hasRight([role], right));
    expect(held('host', role, 'host')).toEqual(all);
    for (const tenant of ['acme', 'host-2', 'Host', ''])
      expect(held(tenant, role, 'host')).toEqual(all.filter((right) => !INSTALLATION.includes(right)));
  });

  it('gives the rights over the installation to no caller while no operator’s organisation is configured', () => {
    for (const org of ['acme', 'undefined', ''])
      for (const right of INSTALLATION) expect(holds({ org, roles: ['admin', 'operator'] }, right, undefined)).toBe(false);
  });

  it('gives no right over the installation for membership of the operator’s organisation alone', () => {
    expect(held('host', 'agent', 'host')).toEqual(RIGHTS.filter((right) => hasRight(['agent'], right)));
  });
});
