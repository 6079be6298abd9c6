const FORMAT1 = 'libs/engine/src/decide/format1.spec.ts';
const REGISTERING = 'services/intake/test/registering.svc-spec.ts';
const IMPORTS = 'services/intake/test/imports.svc-spec.ts';
const IMPORT_WORK = 'services/intake/test/import-work.svc-spec.ts';

/** Numbering, idempotency, import accounting, public status. */
export const INTAKE = [
  {
    id: 'numbering-leaves-gaps',
    invariant: 'A gap-free series skips no number.',
    file: 'services/intake/src/store/accept.ts',
    patch: [['do update set last = c.last + excluded.last returning', 'do update set last = c.last + excluded.last + 1 returning']],
    spec: 'services/intake/test/numbers.svc-spec.ts',
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
    spec: 'services/intake/test/late-registrations.svc-spec.ts',
  },
  {
    id: 'imports-write-without-the-claim',
    invariant: 'A worker that lost its claim writes nothing.',
    file: 'services/intake/src/store/imports.store.ts',
    patch: [['and owner = $3::uuid and rows_done < $4 for update', 'and ($3::uuid is not null) and $4::int is not null for update']],
    spec: IMPORT_WORK,
  },
  {
    id: 'imports-count-no-try',
    invariant: 'A try is counted when it is claimed.',
    file: 'services/intake/src/store/imports.store.ts',
    patch: [['tries = j.tries + 1', 'tries = j.tries']],
    spec: IMPORT_WORK,
  },
  {
    id: 'imports-lose-merged-lines',
    invariant: 'Every line of a file is accounted for.',
    file: 'services/intake/src/store/imports.store.ts',
    patch: [['results.reduce((sum, r) => sum + r.last_line - r.line, 0),', '0,']],
    spec: 'services/intake/test/import-files.svc-spec.ts',
  },
  {
    id: 'imports-repeat-a-known-row',
    invariant: 'A row becomes a ticket once by (organisation, source, external key).',
    file: 'services/intake/src/use-cases/imports/import-rows.ts',
    patch: [['known.set(r.row.externalKey, one);', '']],
    spec: IMPORTS,
  },
];

/** Cases and routing. */
export const DISPATCH = [
  {
    id: 'requeue-misses-a-race',
    invariant: 'Nobody keeps a task that an action under way gave him while his membership was removed.',
    file: 'services/dispatch/src/store/work/requeue.store.ts',
    patch: [['    await tx.run(SWEEP_MEMBERS);\n', '']],
    spec: 'services/dispatch/test/leavers.svc-spec.ts',
    test: 'an action under way while his membership was removed',
  },
  {
    id: 'cases-move-without-the-version',
    invariant: 'If-Match of a stale version is a conflict.',
    file: 'libs/engine/src/decide/matching.ts',
    patch: [['task.version === seen) return;', 'task.version >= seen) return;']],
    spec: 'services/dispatch/test/actions.svc-spec.ts',
  },
  {
    id: 'cases-take-ignores-if-match',
    invariant: 'Nobody takes a task of another version than If-Match names.',
    file: 'libs/engine/src/decide/verbs.ts',
    patch: [["{ action: 'take', by: ['holder'] } });\n  mustMatch(c, task, command.seen);", "{ action: 'take', by: ['holder'] } });"]],
    spec: 'services/dispatch/test/colliding-actors.svc-spec.ts',
  },
  {
    id: 'cases-a-key-counts-on-two-cases',
    invariant: 'An Idempotency-Key is applied to one case only, also when it is sent for two at the same moment.',
    file: 'services/dispatch/src/store/cases/action-keys.store.ts',
    patch: [['    if (row === undefined) return this.find(tx, k.org, k.client, k.key);', '    if (row === undefined) return undefined;']],
    spec: 'services/dispatch/test/colliding-actors.svc-spec.ts',
  },
  {
    id: 'cases-events-go-back-in-time',
    invariant: 'No event of dispatch is dated before the previous event of its ticket.',
    file: 'libs/engine/src/telling/tell.ts',
    patch: [['return now > c.since ? now : iso(Date.parse(c.since));', 'return iso(Date.parse(now) || Date.parse(c.since));']],
    spec: FORMAT1,
  },
  {
    id: 'cases-amend-raises-the-version',
    invariant: 'An amendment keeps the version of the case, which is the number of the last event of dispatch.',
    file: 'libs/engine/src/decide/react.ts',
    patch: [
      ['    ...(title === undefined ? {} : { title }),\n', '    version: c.version + 1,\n    ...(title === undefined ? {} : { title }),\n'],
    ],
    spec: FORMAT1,
  },
  {
    id: 'cases-manual-route-is-an-action',
    invariant: 'The manual route does not count as an action of the pack.',
    file: 'libs/engine/src/decide/verbs.ts',
    patch: [
      [
        "  return new Work({ pack, view, before: c, at: now, actor, cause: { kind: 'action', key, depth: 0 }, input, decisions });",
        "  const w = new Work({ pack, view, before: c, at: now, actor, cause: { kind: 'action', key, depth: 0 }, input, decisions });\n  count(w, key, undefined, undefined);\n  return w;",
      ],
      [
        "import { reassign, watch } from '../effects/effects.js';",
        "import { count } from './advance.js';\nimport { reassign, watch } from '../effects/effects.js';",
      ],
    ],
    spec: FORMAT1,
  },
  {
    id: 'cases-available-ignores-the-window',
    invariant: 'An action whose time window is over is neither listed nor done.',
    file: 'libs/engine/src/facts/conditions.ts',
    patch: [['check(lte, (n) => n <= 0)', 'check(lte, (n) => n <= 1)']],
    spec: FORMAT1,
  },
  {
    id: 'cases-act-without-the-right-step',
    invariant: 'An action is refused when the step of the case does not allow it.',
    file: 'libs/engine/src/decide/advance.ts',
    patch: [
      [
        "  if (action.target !== 'lead' && !action.target.has(lead.step)) throw mightAdmit(action.by, actor) ? illegalMove(x, action.key) : forbid();\n",
        '',
      ],
    ],
    spec: FORMAT1,
  },
  {
    id: 'cases-return-to-the-same-unit',
    invariant: 'A unit that returned a ticket is skipped by the next routing.',
    file: 'libs/engine/src/holders/holders.ts',
    patch: [["  if (out.units.has(unit)) return refuse('returned');\n", '']],
    spec: FORMAT1,
  },
  {
    id: 'cases-limit-is-not-counted',
    invariant: 'An action with a limit is refused when the limit is reached.',
    file: 'libs/engine/src/decide/advance.ts',
    patch: [['task, unit, at) >= action.limit.times;\n', 'task, unit, at) > action.limit.times;\n']],
    spec: FORMAT1,
  },
  {
    id: 'packs-checked-on-the-loop',
    invariant: 'A pack is checked off the event loop.',
    file: 'services/dispatch/src/use-cases/packs/check-pack.ts',
    patch: [
      [
        "import { invalidPack, type PackCheck } from '@gongdan/packs';",
        "import { checkPack, invalidPack, type PackCheck } from '@gongdan/packs';",
      ],
      ['const answer = await this.checkInWorker(json)', 'const answer = await this.checkInWorker(checkPack(json) && json)'],
    ],
    spec: 'services/dispatch/test/packs.svc-spec.ts',
    test: 'blocks no other caller meanwhile',
  },
  {
    id: 'packs-every-mistake',
    invariant: 'A refused pack lists at most 50 mistakes.',
    file: 'libs/packs/src/mistakes.ts',
    patch: [['const mistakes = located.slice(0, MOST_MISTAKES)', 'const mistakes = located']],
    spec: 'libs/packs/src/pack.spec.ts',
  },
  {
    id: 'packs-versions-without-quota',
    invariant: 'An organisation publishes at most PACK_QUOTA_VERSIONS packs.',
    file: 'services/dispatch/src/use-cases/packs/publish-pack.ts',
    patch: [['used.versions < versions && ', '']],
    spec: 'services/dispatch/test/packs.svc-spec.ts',
    test: 'stops at the quota',
  },
  {
    id: 'packs-bytes-without-quota',
    invariant: 'The packs of an organisation have at most PACK_QUOTA_MB.',
    file: 'services/dispatch/src/use-cases/packs/publish-pack.ts',
    patch: [[' && used.bytes + bytes <= packQuotaMb * 1_000_000', '']],
    spec: 'services/dispatch/test/packs.svc-spec.ts',
    test: 'stops at the quota',
  },
];

/** Messages and webhooks. */
export const NOTIFY = [
  {
    id: 'messages-at-most-once-repeated',
    invariant: 'An at-most-once message in doubt is not sent again.',
    file: 'services/notify/src/domain/outcome.ts',
    patch: [["if (a.result === 'doubt' && m.repeat === 'at-most-once') return { state: 'in-doubt', error };", '']],
    spec: 'services/notify/src/domain/outcome.spec.ts',
  },
  {
    id: 'messages-retried-without-end',
    invariant: 'The last attempt of the schedule fails the message.',
    file: 'services/notify/src/domain/outcome.ts',
    patch: [
      [
        'const delay = SCHEDULES[channel][attempt - 1];',
        'const delay = SCHEDULES[channel][Math.min(attempt, SCHEDULES[channel].length) - 1];',
      ],
    ],
    spec: 'services/notify/src/domain/outcome.spec.ts',
  },
  {
    id: 'webhooks-ipv4-mapped-is-public',
    invariant: 'A webhook never reaches a private address, whatever form it is written in.',
    file: 'services/notify/src/domain/public-address.ts',
    patch: [
      [
        "if (address.match(MAPPED) || address.match(NAT64)) return new ipaddr.IPv4(address.toByteArray().slice(12)).range() === 'unicast';",
        'if (address.match(MAPPED) || address.match(NAT64)) return true;',
      ],
    ],
    spec: 'services/notify/src/domain/public-address.spec.ts',
  },
  {
    id: 'webhooks-address-checked-once',
    invariant: 'The address of a webhook is checked again when a delivery is sent.',
    file: 'services/notify/src/channels/webhook.ts',
    patch: [["    if (mistake !== undefined) return { result: 'refused', error: `the address ${mistake}` };\n", '    void mistake;\n']],
    spec: 'services/notify/test/webhooks.svc-spec.ts',
  },
  {
    id: 'webhooks-gone-is-retried',
    invariant: 'A receiver that answers 410 gets nothing more.',
    file: 'services/notify/src/channels/webhook.ts',
    patch: [["  if (status === 410) return { result: 'refused', error: answer, gone: true };\n", '']],
    spec: 'services/notify/test/webhooks.svc-spec.ts',
  },
  {
    id: 'messages-unheard-breach-is-silent',
    invariant: 'A breach that is marked unheard is mailed like another.',
    file: 'services/notify/src/domain/plan.ts',
    patch: [
      [
        'if (c.ticket.silent || isOfEarlierRun(c.event, c.ticket)) return [];',
        "if (c.ticket.silent || 'unheard' in c.event.data) return [];",
      ],
    ],
    spec: 'services/notify/test/mails.svc-spec.ts',
    test: 'sends one mail about a breach',
  },
  {
    id: 'messages-name-the-firing',
    invariant: 'A mail about a late breach names the due instant.',
    file: 'services/notify/src/domain/rendering.ts',
    patch: [["dueAt: at(data['dueAt'])", "dueAt: at(data['firedAt'])"]],
    spec: 'services/notify/test/mails.svc-spec.ts',
    test: 'sends one mail about a breach',
  },
];

/** Figures say how complete they are. */
export const REPORTING = [
  {
    id: 'figures-whole-while-rebuilding',
    invariant: 'Figures are marked incomplete while reporting is rebuilt.',
    file: 'services/reporting/src/store/freshness.ts',
    patch: [['(select 1 from rebuilds where finished_at is null)', '(select 1 from rebuilds where false)']],
    spec: 'services/reporting/test/rebuild.svc-spec.ts',
    test: 'marks every answer as incomplete',
  },
  {
    id: 'figures-whole-with-gaps',
    invariant: 'Figures are marked incomplete while an event is missing.',
    file: 'services/reporting/src/store/freshness.ts',
    patch: [['from gaps where org = $1 and not unproven', 'from gaps where org = $1 and false']],
    spec: 'services/reporting/test/figures.svc-spec.ts',
  },
  {
    id: 'ledger-of-the-next-unit',
    invariant: 'A ledger entry belongs to the unit that had the case when it was made.',
    file: 'services/reporting/src/projections/ledger-entry.ts',
    patch: [['before?.unit ?? after.unit', 'after.unit']],
    spec: 'services/reporting/test/ledger.svc-spec.ts',
    test: 'keeps an entry in the unit',
  },
  {
    id: 'cascade-forgets-later-links',
    invariant: 'A ticket that is linked after a cascade gets its action, too.',
    file: 'services/dispatch/src/use-cases/events/keep-links.ts',
    patch: [["addLater(tx, about('intake.ticket-linked'))", "addLater(tx, about('intake.ticket-unlinked'))"]],
    spec: 'services/dispatch/test/cascades.svc-spec.ts',
  },
  {
    id: 'cascade-chain-without-root',
    invariant: 'A chain of cascades reaches each ticket once with an action.',
    file: 'services/dispatch/src/use-cases/work/work-on-tickets.ts',
    patch: [['desk, decided, job.cause, job.root)', 'desk, decided, job.cause)']],
    spec: 'services/dispatch/test/cascades.svc-spec.ts',
  },
  {
    id: 'late-refusal-silent',
    invariant: 'A ticket that is linked after a cascade and refuses is told to the ticket that asked.',
    file: 'services/dispatch/src/store/work/ticket-jobs.store.ts',
    patch: [["if (r.state === 'refused') await tx.run(AGAIN", "if (r.code === 'nothing') await tx.run(AGAIN"]],
    spec: 'services/dispatch/test/cascades.svc-spec.ts',
  },
  {
    id: 'device-key-on-two-tickets',
    invariant: 'A key of a device is one update, also when it comes for two tickets at the same moment.',
    file: 'services/dispatch/src/use-cases/cases/submit-update.ts',
    patch: [['if (other !== undefined) return reused(key);', "if (other === 'none') return reused(key);"]],
    spec: 'services/dispatch/test/field-work.svc-spec.ts',
  },
  {
    id: 'bulk-reaches-everything',
    invariant: 'A bulk action reaches what its caller reaches.',
    file: 'services/dispatch/src/use-cases/work/work-on-tickets.ts',
    patch: [["scope: reach.scope('cases:act')", 'scope: { all: true, units: [] }']],
    spec: 'services/dispatch/test/many-tickets.svc-spec.ts',
  },
  {
    id: 'mails-about-earlier-runs',
    invariant: 'No mail is sent about a clock of an earlier run.',
    file: 'services/notify/src/domain/plan.ts',
    patch: [[' || isOfEarlierRun(c.event, c.ticket)', '']],
    spec: 'services/notify/test/earlier-runs.svc-spec.ts',
  },
  {
    id: 'clock-runs-into-the-next-run',
    invariant: 'A clock that a later run starts again is that of the later run.',
    file: 'services/sla/src/domain/transition.ts',
    patch: [['run !== undefined && than !== undefined && run < than', 'false']],
    spec: 'services/sla/test/runs.svc-spec.ts',
  },
  {
    id: 'live-reach-of-the-beginning',
    invariant: 'An open live connection follows the directory.',
    file: 'services/reporting/src/entry/live.controller.ts',
    patch: [['        scope = now;\n', '']],
    spec: 'services/reporting/test/live.svc-spec.ts',
  },
  {
    id: 'live-news-of-others-counted',
    invariant: 'What happens in one organisation keeps no live update of another from its listeners.',
    file: 'services/reporting/src/domain/live.ts',
    patch: [['of changes) {', 'of changes.slice(-MOST_CHANGES)) {']],
    spec: 'services/reporting/src/domain/live.spec.ts',
  },
  {
    id: 'live-tells-where-it-went',
    invariant: 'Who reaches only where a ticket was does not hear where it went.',
    file: 'services/reporting/src/domain/live.ts',
    patch: [['if (inScope(scope, update.unit))', 'if (inScope(scope, update.unit) || inScope(scope, from))']],
    spec: 'services/reporting/src/domain/live.spec.ts',
  },
  {
    id: 'ledger-outlives-rebuild',
    invariant: 'A rebuild derives the ledger again.',
    file: 'services/reporting/src/store/projections.store.ts',
    patch: [['clock_rows, ledger_entries, marks', 'clock_rows, marks']],
    spec: 'services/reporting/test/ledger.svc-spec.ts',
    test: 'derives the same sums again',
  },
  {
    id: 'act-at-once-over-a-newer-row',
    invariant: 'An action decided without a lock never overwrites what was written since it read the case.',
    file: 'services/dispatch/src/store/cases/save-case.ts',
    patch: [["`and c.xmin = ${$('written')}::xid and", "`and ${$('written')}::xid is not null and"]],
    spec: 'services/dispatch/test/act-at-once.svc-spec.ts',
    test: 'keeps what another service said',
  },
  {
    id: 'act-at-once-behind-a-watermark',
    invariant: 'No event has an instant from more than 200 ms before its statement, unless its transaction was open.',
    file: 'services/dispatch/src/store/cases/save-case.ts',
    patch: [['::timestamptz < ${MOST_AGE}', "::timestamptz < interval '2 hours'"]],
    spec: 'services/dispatch/test/act-at-once.svc-spec.ts',
    test: 'decides again under the lock',
  },
  {
    id: 'act-at-once-forgets-the-key',
    invariant: 'An action is done once for its Idempotency-Key.',
    file: 'services/dispatch/src/store/cases/save-case.ts',
    patch: [['keyed: atOnce?.key !== undefined', 'keyed: false']],
    spec: 'services/dispatch/test/act-at-once.svc-spec.ts',
    test: 'one Idempotency-Key',
  },
];
