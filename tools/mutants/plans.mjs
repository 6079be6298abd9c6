// Planted bugs in how intake registers the tickets of recurring plans (DI-17).
const SPEC = 'services/intake/test/plans.svc-spec.ts';

export const PLANS = [
  {
    id: 'plans-register-an-occurrence-again',
    invariant: 'An occurrence of a plan is registered once, whichever version of the pack does it.',
    file: 'services/intake/src/store/plans/plans.store.ts',
    patch: [['return added === 1;', 'return added <= 1;']],
    spec: SPEC,
    test: 'does not register an occurrence again',
  },
  {
    id: 'plans-of-an-old-version-go-on',
    invariant: 'A new version of a pack replaces its plans from its publication on.',
    file: 'services/intake/src/store/plans/plans.store.ts',
    patch: [['and version < $3 and (until_at', 'and version > $3 and (until_at']],
    spec: SPEC,
    test: 'replaces the plans from its publication on',
  },
  {
    id: 'plans-outlive-their-version',
    invariant: 'What a plan owes ends where the next version begins, however late it is registered.',
    file: 'services/intake/src/use-cases/plans/register-planned.ts',
    patch: [['const until = Math.min(ms(now), end);', 'const until = ms(now);']],
    spec: SPEC,
    test: 'leaves what was due before it to the version of then',
  },
  {
    id: 'plans-forget-later-versions',
    invariant: 'Versions of a pack may be heard in any order.',
    file: 'services/intake/src/use-cases/plans/follow-plans.ts',
    patch: [['Number(v) > version ? [at] : []', 'Number(v) > version && at === from ? [at] : []']],
    spec: SPEC,
    test: 'leaves what was due before it to the version of then',
  },
  {
    id: 'plans-make-up-for-everything',
    invariant: 'After an outage the newest ten occurrences of a plan are registered, none older than seven days.',
    file: 'services/intake/src/domain/planned.ts',
    patch: [['register.length > MOST_MISSED || oldest', 'register.length > 1_000 || oldest']],
    spec: SPEC,
    test: 'catches up after an outage',
  },
  {
    id: 'plans-show-tickets-of-others',
    invariant: 'The tickets of plans are cut by what the caller reaches.',
    file: 'services/intake/src/store/plans/plans.store.ts',
    patch: [['($2::boolean or coalesce(t.case_unit, t.unit) = any ($3::text[]))', '($2::boolean or $3::text[] is not null)']],
    spec: 'services/intake/test/scopes.svc-spec.ts',
    test: 'GET /v1/plans',
  },
  {
    id: 'plans-register-outside-the-claim',
    invariant: 'A ticket of a plan commits with the claim of its occurrence: a kill in between registers it once.',
    file: 'services/intake/src/store/plans/plans.store.ts',
    patch: [['const added = await tx.run(', "await tx.run('commit');\n    const added = await tx.run("]],
    spec: 'services/intake/test/plans-killed.svc-spec.ts',
    test: 'leaves each occurrence to be registered once',
  },
];
