const REGISTERING = 'services/intake/test/tickets/registering.svc-spec.ts';
const IMPORTS = 'services/intake/test/imports/imports.svc-spec.ts';
const IMPORT_WORK = 'services/intake/test/imports/import-work.svc-spec.ts';

/** Numbering, idempotency, import accounting, public status. */
export const INTAKE = [
  {
    id: 'numbering-leaves-gaps',
    invariant: 'A gap-free series skips no number.',
    file: 'services/intake/src/store/accept.ts',
    patch: [['do update set last = c.last + excluded.last returning', 'do update set last = c.last + excluded.last + 1 returning']],
    spec: 'services/intake/test/tickets/numbers.svc-spec.ts',
  },
  {
    id: 'idempotency-key-of-everybody',
    invariant: 'An Idempotency-Key belongs to one caller of one organisation.',
    file: 'services/intake/src/store/accept.ts',
    patch: [['where k.org = a.org and k.client = a.client and k.key = a.key)', 'where k.key = a.key)']],
    spec: REGISTERING,
  },
  {
    id: 'idempotency-neighbours-share-a-key',
    invariant: 'Two requests with one key never share a statement.',
    file: 'services/intake/src/store/accept-gate.ts',
    patch: [['(id !== undefined && keys.has(id))', '(id !== undefined && keys.has(`${id}-`))']],
    spec: REGISTERING,
  },
  {
    id: 'idempotency-neighbour-pays',
    invariant: 'A ticket that the database refuses does not fail the tickets that share its statement.',
    file: 'services/intake/src/store/accept-gate.ts',
    patch: [['if (callers.length === 1 || isDatabaseAway(error))', 'if (callers.length >= 1 || isDatabaseAway(error))']],
    spec: REGISTERING,
  },
  {
    id: 'registration-dated-before-its-statement',
    invariant: 'No event has an instant from before its transaction: a watermark may have passed it.',
    file: 'services/intake/src/store/accept.ts',
    patch: [['select a.*, m.at as registered_at, m.instant', "select a.*, m.at - interval '400 milliseconds' as registered_at, m.instant"]],
    spec: 'services/intake/test/tickets/late-registrations.svc-spec.ts',
  },
  {
    id: 'imports-write-without-the-claim',
    invariant: 'A worker that lost its claim writes nothing.',
    file: 'services/intake/src/store/imports/imports.store.ts',
    patch: [['and owner = $3::uuid and rows_done < $4 for update', 'and ($3::uuid is not null) and $4::int is not null for update']],
    spec: IMPORT_WORK,
  },
  {
    id: 'imports-count-no-try',
    invariant: 'A try is counted when it is claimed.',
    file: 'services/intake/src/store/imports/imports.store.ts',
    patch: [['tries = j.tries + 1', 'tries = j.tries']],
    spec: IMPORT_WORK,
  },
  {
    id: 'imports-lose-merged-lines',
    invariant: 'Every line of a file is accounted for.',
    file: 'services/intake/src/store/imports/imports.store.ts',
    patch: [['results.reduce((sum, r) => sum + r.last_line - r.line, 0),', '0,']],
    spec: 'services/intake/test/imports/import-files.svc-spec.ts',
  },
  {
    id: 'imports-repeat-a-known-row',
    invariant: 'A row becomes a ticket once by (organisation, source, external key).',
    file: 'services/intake/src/use-cases/imports/import-rows.ts',
    patch: [['known.set(r.row.externalKey, one);', '']],
    spec: IMPORTS,
  },
];
