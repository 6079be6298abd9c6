/** The rights that routes require. */
export const RIGHTS = [
  'tickets:create', 'tickets:read', 'tickets:amend', 'tickets:withdraw', 'imports:run', 'imports:read',
  'cases:read', 'cases:act', 'cases:supervise', 'routing:replay', 'packs:read', 'packs:write', 'directory:read', 'directory:write', 'clocks:read', 'messages:read', 'webhooks:manage',
  'reports:read', 'reports:rebuild', 'live:read', 'bus:read', 'bus:operate', 'clock:read', 'clock:shift',
] as const; // prettier-ignore
export type RightName = (typeof RIGHTS)[number];

const desk: RightName[] = [
  'tickets:create',
  'tickets:read',
  'tickets:amend',
  'tickets:withdraw',
  'cases:read',
  'clocks:read',
  'packs:read',
  'directory:read',
  'reports:read',
  'live:read',
];
const handling: RightName[] = [
  'tickets:read',
  'cases:read',
  'cases:act',
  'clocks:read',
  'messages:read',
  'packs:read',
  'directory:read',
  'reports:read',
  'live:read',
];

/** The rights of each role. Roles come in the token; the identity provider decides who has which. */
export const ROLE_RIGHTS: Readonly<Record<string, readonly RightName[]>> = {
  agent: [...desk, 'cases:act', 'messages:read'],
  handler: handling,
  supervisor: [...desk, ...handling, 'cases:supervise', 'routing:replay', 'imports:read'],
  analyst: ['tickets:read', 'cases:read', 'clocks:read', 'reports:read', 'live:read', 'packs:read', 'directory:read'],
  machine: [
    'tickets:create',
    'tickets:read',
    'tickets:amend',
    'tickets:withdraw',
    'imports:run',
    'imports:read',
    'cases:read',
    'cases:act',
    'reports:read',
    'packs:read',
    'directory:read',
  ],
  operator: [
    'bus:read',
    'bus:operate',
    'clock:read',
    'clock:shift',
    'reports:rebuild',
    'reports:read',
    'imports:run',
    'imports:read',
    'packs:read',
    'messages:read',
    'clocks:read',
    'live:read',
  ],
  'pack-author': ['packs:read', 'packs:write', 'routing:replay', 'directory:read'],
  admin: [...RIGHTS],
};

/** Rights over what all organisations of an installation share. Only the operator's organisation has them (docs/adr/0018). */
const OF_INSTALLATION: ReadonlySet<RightName> = new Set<RightName>(['bus:read', 'bus:operate', 'clock:shift', 'reports:rebuild']);

/** Whether one of the roles has the right, whatever the organisation. */
export function hasRight(roles: readonly string[], right: RightName): boolean {
  return roles.some((role) => Object.hasOwn(ROLE_RIGHTS, role) && ROLE_RIGHTS[role]?.includes(right));
}

/** Whether a caller has the right. Without an operator's organisation no caller has the rights over the installation. */
export function holds(caller: { org: string; roles: readonly string[] }, right: RightName, operatorOrg: string | undefined): boolean {
  return hasRight(caller.roles, right) && (!OF_INSTALLATION.has(right) || caller.org === operatorOrg);
}
