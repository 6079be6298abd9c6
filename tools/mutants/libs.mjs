/** Sealing, rights, tokens, the shared fold, working time. */
export const LIBS = [
  {
    id: 'sealing-not-bound-to-its-place',
    invariant: 'A sealed text that is moved to another ticket does not open.',
    file: 'libs/platform/src/sealing.ts',
    patch: [
      ['iv).setAAD(Buffer.from(aad));', "iv).setAAD(Buffer.from(''));"],
      ['        .setAAD(Buffer.from(aad))\n', "        .setAAD(Buffer.from(''))\n"],
    ],
    spec: 'libs/platform/src/sealing.spec.ts',
  },
  {
    id: 'sealing-repeats-its-iv',
    invariant: 'Every sealing uses a fresh initialisation vector.',
    file: 'libs/platform/src/sealing.ts',
    patch: [['    this.drawn += 12;\n', '    this.drawn = 12;\n']],
    spec: 'libs/platform/src/sealing.spec.ts',
  },
  {
    id: 'sealing-index-without-scope',
    invariant: 'A blind index of one organisation reveals nothing about another.',
    file: 'libs/platform/src/sealing.ts',
    patch: [['.update(`${scope}\\u0000${text}`)', '.update(text)']],
    spec: 'libs/platform/src/sealing.spec.ts',
  },
  {
    id: 'rights-of-the-installation-for-all',
    invariant: 'Rights over the installation belong to the operator organisation alone.',
    file: 'libs/platform/src/rights.ts',
    patch: [
      [
        'return hasRight(caller.roles, right) && (!OF_INSTALLATION.has(right) || caller.org === operatorOrg);',
        'return hasRight(caller.roles, right);',
      ],
    ],
    spec: 'libs/platform/src/rights.spec.ts',
  },
  {
    id: 'rights-of-the-class-after-the-body',
    invariant: 'A right is checked before the body is read, also when the class declares it.',
    file: 'libs/platform/src/auth.ts',
    patch: [
      [
        "if (typeof method === 'function' && accessOf(method as object) === undefined) declare(method);",
        'if (method === undefined) declare(method);',
      ],
    ],
    spec: 'libs/platform/src/boot.svc-spec.ts',
  },
  {
    id: 'rights-of-the-service-on-its-history',
    invariant: 'A service whose tables belong to another role may only insert into ticket_event and read it.',
    file: 'libs/platform/src/database.ts',
    patch: [['tables.map((table) => `revoke update,', 'tables.slice(1).map((table) => `revoke update,']],
    spec: 'services/intake/test/migration-role.svc-spec.ts',
  },
  {
    id: 'rights-of-inherited-names',
    invariant: 'A role called constructor gives no right.',
    file: 'libs/platform/src/rights.ts',
    patch: [
      [
        'Object.hasOwn(ROLE_RIGHTS, role) && ROLE_RIGHTS[role]?.includes(right)',
        '(Object.hasOwn(ROLE_RIGHTS, role) ? ROLE_RIGHTS[role]?.includes(right) : role in ROLE_RIGHTS)',
      ],
    ],
    spec: 'libs/platform/src/rights.spec.ts',
  },
  {
    id: 'fold-keeps-the-unit',
    invariant: 'An unroutable case has no unit, in any service.',
    file: 'libs/contracts/src/case.ts',
    patch: [
      ['return { ...view, step, state, phase, unit, holder,', 'return { ...view, step, state, phase, unit: unit ?? view.unit, holder,'],
    ],
    spec: 'libs/contracts/src/case.spec.ts',
  },
  {
    id: 'events-accept-unknown-properties',
    invariant: 'A producer cannot put a property into an event that its contract does not name.',
    file: 'libs/contracts/src/event.ts',
    patch: [['if (extra !== undefined) throw new TypeError', "if (extra === '') throw new TypeError"]],
    spec: 'libs/contracts/src/event.spec.ts',
  },
];
