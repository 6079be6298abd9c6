// Who may import what (ARCHITECTURE.md, Boundaries). Runs in `npm test` through tools/boundaries.mjs.
const layer = (name, to) => ({
  name: `${name}-imports`,
  severity: 'error',
  comment: `services/*/src/${name} may reach only ${to.join(', ')} of its own service`,
  from: { path: `^services/([^/]+)/src/${name}/`, pathNot: '\\.spec\\.ts$' },
  to: { path: '^services/$1/src/', pathNot: `^services/$1/src/(${to.join('|')})(/|\\.ts$)` },
});
const pure = ['kernel', 'contracts', 'business-time', 'directory', 'packs', 'engine'];

export default {
  forbidden: [
    {
      name: 'no-cross-service',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/([^/]+)/', pathNot: '^services/$1/' },
    },
    { name: 'lib-not-to-service', severity: 'error', from: { path: '^libs/' }, to: { path: '^(services|deploy)/' } },
    {
      name: 'deploy-not-to-service',
      severity: 'error',
      comment: 'tests and commands use the deployed system through HTTP and the bus',
      from: { path: '^deploy/(local|e2e)/' },
      to: { path: '^services/' },
    },
    {
      name: 'pure-stays-pure',
      severity: 'error',
      comment: 'rules depend on no infrastructure: they get values and return values',
      from: {
        path: `^(libs/(${pure.join('|')})/src|services/[^/]+/src/(domain|projections))/`,
        pathNot: '(\\.spec\\.ts|packs/src/files\\.ts)$',
      },
      to: {
        path: '(^|/)(@nestjs|typeorm|pg|kafkajs|redis|rxjs)/|^(node:)?(fs|net|http|child_process)(/|$)|^libs/(platform|messaging|due|testing)/',
      },
    },
    { name: 'platform-not-to-messaging', severity: 'error', from: { path: '^libs/platform/' }, to: { path: '^libs/(messaging|due)/' } },
    { name: 'messaging-not-to-due', severity: 'error', from: { path: '^libs/messaging/' }, to: { path: '^libs/due/' } },
    {
      name: 'testing-only-in-tests',
      severity: 'error',
      from: {
        path: '^(libs|services)/',
        pathNot: '(^libs/testing/|\\.((svc|e2e)-)?spec\\.ts$|\\.suite\\.ts$|/test/|(messaging|platform)/src/testing\\.ts$)',
      },
      to: { path: '^libs/testing/|(messaging|platform)/(src|dist)/testing\\.' },
    },
    layer('domain', ['domain']),
    layer('store', ['store', 'domain', 'projections']),
    layer('use-cases', ['use-cases', 'domain', 'store', 'projections', 'channels', 'config', 'files']),
    layer('files', ['files', 'domain']),
    layer('delivery', ['delivery', 'use-cases', 'domain']),
    {
      name: 'use-case-not-to-use-case',
      severity: 'error',
      comment: 'a use case is one behaviour: what two share belongs in domain or store (types may be imported)',
      from: { path: '^services/([^/]+)/src/use-cases/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^services/$1/src/use-cases/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'entry-not-to-store',
      severity: 'error',
      from: { path: '^services/([^/]+)/src/entry/' },
      to: { path: '^services/$1/src/store/' },
    },
    {
      name: 'declared-only',
      severity: 'error',
      from: { path: '^(services|libs|deploy)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'resolvable', severity: 'error', from: { path: '^(services|libs|deploy)/' }, to: { couldNotResolve: true } },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    // Another workspace is reached through its dist/: a rule about it must see that path, so dist is a place to arrive at and not to leave from.
    doNotFollow: { path: 'node_modules|(^|/)dist/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
