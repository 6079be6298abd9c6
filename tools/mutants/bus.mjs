const SUITE = 'libs/messaging/src/kafka/memory-bus.spec.ts';
const KAFKA = 'libs/messaging/src/kafka/kafka-bus.spec.ts';
const CONSUMER = 'libs/messaging/src/inbox/consumer.spec.ts';
const RELAY = 'libs/messaging/src/outbox/relay.spec.ts';

/** Outbox, relay, leases, marks, gaps, parking, heads, watermarks, signatures. */
export const BUS = [
  {
    id: 'marks-read-without-lock',
    invariant: 'An event is applied where its mark stands at seq - 1: the mark is locked while it is compared.',
    file: 'libs/messaging/src/inbox/marks.ts',
    patch: [
      [
        '  select m.org, m.ticket_id, m.producer, m.last_seq, m.recent from marks m join batch using (org, ticket_id, producer)\n  order by 1, 2, 3 for update of m',
        '  select m.org, m.ticket_id, m.producer, m.last_seq, m.recent from marks m join batch using (org, ticket_id, producer)\n  order by 1, 2, 3',
      ],
    ],
    spec: CONSUMER,
  },
  {
    id: 'marks-moved-without-lock',
    invariant: 'Two consumers of one partition never apply the same event.',
    file: 'libs/messaging/src/inbox/marks.ts',
    patch: [
      [
        'join batch b using (org, ticket_id, producer) where m.last_seq = b.first_seq - 1\n  order by 1, 2, 3 for update of m',
        'join batch b using (org, ticket_id, producer)\n  order by 1, 2, 3',
      ],
    ],
    spec: CONSUMER,
  },
  {
    id: 'marks-skip-gaps',
    invariant: 'A jump in seq is a gap; the events before it are never skipped.',
    file: 'libs/messaging/src/inbox/consumer.ts',
    patch: [
      [
        '} else if (seq > mark.lastSeq + 1 && !isCompacted(next.message.topic)) {',
        '} else if (seq > mark.lastSeq + 1_000 && !isCompacted(next.message.topic)) {',
      ],
    ],
    spec: SUITE,
  },
  {
    id: 'marks-apply-duplicates',
    invariant: 'Applying twice changes nothing: an event at or below the mark is dropped.',
    file: 'libs/messaging/src/inbox/consumer.ts',
    patch: [['} else if (seq <= mark.lastSeq) {', '} else if (seq < mark.lastSeq) {']],
    spec: SUITE,
  },
  {
    id: 'marks-in-a-second-transaction',
    invariant: 'The mark moves in the transaction of the handler.',
    file: 'libs/messaging/src/inbox/consumer.ts',
    patch: [
      [
        `        const moved = await advanceContiguous(tx, streams);
        if (moved.size < streams.length) throw new NotContiguous();
        await this.callHandlers(tx, handled);`,
        `        const moved = await advanceContiguous(database, streams);
        if (moved.size < streams.length) throw new NotContiguous();
        await this.callHandlers(tx, handled);`,
      ],
    ],
    spec: CONSUMER,
  },
  {
    id: 'parking-lets-later-events-pass',
    invariant: 'Later events of a parked ticket are parked behind it.',
    file: 'libs/messaging/src/inbox/marks.ts',
    patch: [['  where not exists (select 1 from parked_events p where p.org = b.org and p.ticket_id = b.ticket_id)', '  where true']],
    spec: CONSUMER,
  },
  {
    id: 'parking-blocks-other-tickets',
    invariant: 'A parked event blocks its own ticket and no other.',
    file: 'libs/messaging/src/inbox/consumer.ts',
    patch: [['if (other.org === mark.org && other.ticketId === mark.ticketId) other.blocked = true', 'other.blocked = true']],
    spec: CONSUMER,
  },
  {
    id: 'gaps-are-never-requested',
    invariant: 'A gap makes its producer publish the missing stretch again.',
    file: 'libs/messaging/src/inbox/gaps.ts',
    patch: [["g.since < clock_timestamp() - interval '5 seconds'", "g.since < clock_timestamp() - interval '5 hours'"]],
    spec: SUITE,
  },
  {
    id: 'gaps-forget-waiting-events',
    invariant: 'What waited for a gap is applied once the gap is filled.',
    file: 'libs/messaging/src/inbox/gaps.ts',
    patch: [
      ['const next = rows.filter((r, i) => r.seq === lastSeq + 1 + i);', 'const next = rows.filter((r, i) => r.seq === lastSeq + 2 + i);'],
    ],
    spec: CONSUMER,
  },
  {
    id: 'heads-are-not-compared',
    invariant: 'A lost last event of a stream is found and healed.',
    file: 'libs/messaging/src/inbox/heads.ts',
    patch: [['where coalesce(m.last_seq, 0) < h.seq', 'where coalesce(m.last_seq, 0) < h.seq - 1']],
    spec: SUITE,
  },
  {
    id: 'relay-reads-every-partition',
    invariant: 'One relay reads an outbox partition at a time.',
    file: 'libs/messaging/src/outbox/relay.ts',
    patch: [
      [
        'const rows = await this.fetch(this.leases.parts);',
        'const rows = await this.fetch(Array.from({ length: 64 }, (_, part) => part));',
      ],
    ],
    spec: RELAY,
  },
  {
    id: 'relay-deletes-before-the-acknowledgement',
    invariant: 'A row leaves the outbox only after Kafka acknowledged it.',
    file: 'libs/messaging/src/outbox/relay.ts',
    patch: [
      [
        '    await this.send(rows);\n    this.acknowledged = rows.map((r) => r.id);',
        '    this.acknowledged = rows.map((r) => r.id);\n    await this.send(rows);',
      ],
    ],
    spec: RELAY,
  },
  {
    id: 'leases-are-never-given-back',
    invariant: 'Replicas share the outbox partitions evenly.',
    file: 'libs/messaging/src/outbox/leases.ts',
    patch: [['select part from mine, share where place <= share.n union all', 'select part from mine union all']],
    spec: RELAY,
  },
  {
    id: 'leases-are-taken-from-the-living',
    invariant: 'A partition whose lease runs belongs to its owner.',
    file: 'libs/messaging/src/outbox/leases.ts',
    patch: [
      ['where l.until <= clock_timestamp() or l.owner is null order by l.part', 'where true order by l.part'],
      ['where l.part = wanted.part and (l.owner = $1 or l.owner is null or l.until <= clock_timestamp())', 'where l.part = wanted.part'],
    ],
    spec: RELAY,
  },
  {
    id: 'offset-before-the-commit',
    invariant: 'A position of the group is committed only after the transaction of its records.',
    file: 'libs/messaging/src/kafka/kafka-subscription.ts',
    patch: [
      [
        `      if (!(await this.gathering.deliver({ messages: lot, revoked, keepAlive: heartbeat }))) return;
      const last = (lot.at(-1) as BusMessage).position;
      resolveOffset(last);
      positions.applied(batch.topic, batch.partition, last);`,
        `      const last = (lot.at(-1) as BusMessage).position;
      resolveOffset(last);
      positions.applied(batch.topic, batch.partition, last);
      if (!(await this.gathering.deliver({ messages: lot, revoked, keepAlive: heartbeat }))) return;`,
      ],
    ],
    spec: KAFKA,
  },
  {
    id: 'positions-outlive-the-assignment',
    invariant: 'A member commits nothing of partitions that may belong to another member.',
    file: 'libs/messaging/src/kafka/positions.ts',
    patch: [['    this.uncommitted.clear();\n    this.assignment += 1;', '    this.assignment += 1;']],
    spec: 'libs/messaging/src/kafka/positions.spec.ts',
  },
  {
    id: 'watermark-ahead-of-the-outbox',
    invariant: 'A producer states nothing that Kafka has not acknowledged.',
    file: 'libs/messaging/src/inbox/watermarks.ts',
    patch: [['(s.ends[partition] ?? Infinity) <= position', 'position >= 0']],
    spec: SUITE,
  },
  {
    id: 'watermark-of-the-first-pointers',
    invariant: 'A watermark does not pass the start of a transaction whose events are unsent.',
    file: 'libs/messaging/src/outbox/watermark-publisher.ts',
    patch: [
      [
        'select min(queued_at) into unsent_since from outbox;',
        'select min(queued_at) into unsent_since from (select queued_at from outbox order by id limit 50) o;',
      ],
    ],
    spec: SUITE,
  },
  {
    id: 'signature-of-anything-is-believed',
    invariant: 'A message that its producer did not sign changes nothing.',
    file: 'libs/messaging/src/signatures/signatures.ts',
    patch: [["if (!verify(null, Buffer.concat([PURPOSE, root]), key, Buffer.from(signature, 'base64url'))) return false;", '']],
    spec: 'libs/messaging/src/signatures/signatures.spec.ts',
  },
  {
    id: 'conflict-taken-for-a-duplicate',
    invariant: 'Another event under a number that was applied raises an alarm.',
    file: 'libs/messaging/src/inbox/marks.ts',
    patch: [['return applied === undefined ? undefined : applied !== shortId(eventId);', 'return false;']],
    spec: 'libs/messaging/src/signatures/forged-events.spec.ts',
  },
  {
    id: 'relay-keeps-its-floor',
    invariant: 'A relay publishes the rows that the former owner of a partition left, in order.',
    file: 'libs/messaging/src/outbox/relay.ts',
    patch: [['if (await this.leases.tick()) [this.floor, this.published.length] = [0, 0];', 'await this.leases.tick();']],
    spec: 'libs/messaging/src/outbox/relay.spec.ts',
    test: 'publishes the backlog of a partition',
  },
  {
    id: 'old-conflicts-are-not-compared',
    invariant: 'A service that stores all events finds a conflict however old the number is.',
    file: 'libs/messaging/src/inbox/conflicts.ts',
    patch: [['    if (conflict === undefined) older.push(incoming);\n', '']],
    spec: CONSUMER,
    test: 'parks another event with an old number',
  },
  {
    id: 'relay-lets-other-replicas-wait',
    invariant: 'The deletion of acknowledged rows never delays an event that another replica committed.',
    file: 'libs/messaging/src/outbox/relay.ts',
    patch: [
      ['if (!this.mustFetch && this.leases.alone && this.aliveAt < this.deleteBy)', 'if (!this.mustFetch && this.aliveAt < this.deleteBy)'],
    ],
    spec: RELAY,
    test: 'publishes an event that another replica commits',
  },
  {
    id: 'relay-lets-new-events-wait',
    invariant: 'The deletion of acknowledged rows never delays an event that was committed here.',
    file: 'libs/messaging/src/outbox/relay.ts',
    patch: [
      [
        'if (!this.mustFetch && this.leases.alone && this.aliveAt < this.deleteBy)',
        'if (this.leases.alone && this.aliveAt < this.deleteBy)',
      ],
    ],
    spec: RELAY,
    test: 'publishes an event that was committed while it was publishing another',
  },
  {
    id: 'relay-lets-a-backlog-wait',
    invariant: 'The deletion of acknowledged rows never delays the rows behind those that were sent.',
    file: 'libs/messaging/src/outbox/relay.ts',
    patch: [['    if (rows.length === batch || cut !== -1) this.mustFetch = true;\n', '']],
    spec: RELAY,
    test: 'publishes a backlog of several small batches',
  },
  {
    id: 'metrics-forget-failing-handlers',
    invariant: 'A record whose handler fails counts as parked.',
    file: 'libs/messaging/src/inbox/consumer.ts',
    patch: [
      ["this.options.onOutcomes?.({ ...NO_OUTCOMES, [parked ? 'parked' : 'duplicate']: 1 }, performance.now() - start);", 'void start;'],
    ],
    spec: 'libs/messaging/src/operations/bus-metrics.spec.ts',
  },
  {
    id: 'metrics-in-milliseconds',
    invariant: 'Durations of the metrics are seconds.',
    file: 'libs/messaging/src/operations/bus-metrics.ts',
    patch: [['sendSeconds.observe(ms / 1_000);', 'sendSeconds.observe(ms);']],
    spec: 'libs/messaging/src/operations/bus-metrics.spec.ts',
  },
];
