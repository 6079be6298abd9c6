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
  {
    id: 'mails-about-earlier-runs',
    invariant: 'No mail is sent about a clock of an earlier run.',
    file: 'services/notify/src/domain/plan.ts',
    patch: [[' || isOfEarlierRun(c.event, c.ticket)', '']],
    spec: 'services/notify/test/earlier-runs.svc-spec.ts',
  },
];

/** Figures say how complete they are. */
export const REPORTING = [
  {
    id: 'reporting-search-misses-older',
    invariant: 'A search finds tickets whose text is not copied yet.',
    file: 'services/reporting/src/store/search.ts',
    patch: [[' union all ${notCopied(p)}', '']],
    spec: 'services/reporting/test/text-copy.svc-spec.ts',
    test: 'does not hide a ticket from a search before it has come to it',
  },
  {
    id: 'reporting-two-copy-texts',
    invariant: 'One replica at a time copies the texts of older tickets.',
    file: 'services/reporting/src/store/texts.store.ts',
    patch: [[' for update skip locked', '']],
    spec: 'services/reporting/test/text-copy.svc-spec.ts',
    test: 'is done by one replica at a time',
  },
  {
    id: 'reporting-text-written-with-each-event',
    invariant: 'An event that changes no text writes none.',
    file: 'services/reporting/src/store/migrations/0150-ticket-texts.ts',
    patch: [
      [
        '    when ((old.title, old.description, old.address) is distinct from (new.title, new.description, new.address)) execute',
        '    execute',
      ],
    ],
    spec: 'services/reporting/test/search.svc-spec.ts',
    test: 'writes the search text again only when the text changes',
  },
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
];
