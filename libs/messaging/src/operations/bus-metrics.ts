import { type App } from '@gongdan/platform';
import { busCounts, lagOf } from './bus-status.js';
import { type BusHandle } from './bus-link.js';
import { type Outcomes } from '../inbox/consumer.js';
import { tracksTransactions } from '../outbox/transaction-tracking.js';

/** Registers the metrics an operator pages on: lag, age of the outbox, parked events, durations. Returns the callbacks with which the parts of the bus count. */
export function watchBus(
  app: App,
  link: BusHandle,
): { sent: (count: number, ms: number) => void; outcomes: (outcomes: Outcomes, ms: number) => void; missing: (streams: number) => void } {
  const { metrics, database } = app;
  const outcomes = metrics.counter('gongdan_events_total', 'Records by what became of them', ['outcome']);
  const published = metrics.counter('gongdan_events_published_total', 'Events acknowledged by the broker', []);
  const missing = metrics.counter('gongdan_streams_missing_end_total', 'Streams whose last events were published and did not arrive', []);
  const applySeconds = metrics.histogram('gongdan_apply_seconds', 'One batch: marks, handlers, commit', []);
  const sendSeconds = metrics.histogram('gongdan_relay_seconds', 'One batch: sending until the acknowledgement', []);
  metrics.gauge('gongdan_bus', 'State of the bus', ['what'], async (gauge) => {
    const counts = await busCounts(database);
    gauge.set({ what: 'outbox_rows' }, counts.outbox.rows);
    gauge.set({ what: 'outbox_oldest_seconds' }, counts.outbox.oldestSeconds);
    gauge.set({ what: 'parked_rows' }, counts.parked.rows);
    gauge.set({ what: 'parked_oldest_seconds' }, counts.parked.oldestSeconds);
    gauge.set({ what: 'gap_oldest_seconds' }, counts.gaps.oldestSeconds);
    gauge.set({ what: 'transactions_untracked' }, (await tracksTransactions(database)) ? 0 : 1);
    const { lagTotal } = await lagOf(link);
    if (lagTotal === null) gauge.remove({ what: 'lag' });
    else gauge.set({ what: 'lag' }, lagTotal);
  });
  return {
    missing: (streams) => missing.inc(streams),
    sent: (count, ms) => {
      published.inc(count);
      sendSeconds.observe(ms / 1_000);
    },
    outcomes: (o, ms) => {
      for (const [outcome, n] of Object.entries(o)) if (n > 0) outcomes.inc({ outcome }, n);
      applySeconds.observe(ms / 1_000);
    },
  };
}
