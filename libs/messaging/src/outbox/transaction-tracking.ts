import { type Queries } from '@gongdan/platform';

/**
 * SQL: whether Postgres shows when the transactions of this service began. A setting of the role or the database applies to new connections, so
 * each session of the service must have it.
 */
export const TRACKS_TRANSACTIONS = `(current_setting('track_activities') = 'on' and not exists (
  select from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and state = 'disabled'))`;

/** Postgres hides the start of transactions, so a watermark would pass events that are about to be recorded. */
export class TransactionsUntracked extends Error {
  constructor() {
    super(
      'messaging/transactions-untracked: track_activities is off for the role of the service or its database, so Postgres does not show when ' +
        'transactions began, and neither watermarks nor heads of streams are published; switch it on and restart the service',
    );
  }
}

export async function tracksTransactions(db: Queries): Promise<boolean> {
  return (await db.one<{ tracking: boolean }>(`select ${TRACKS_TRANSACTIONS} as tracking`))?.tracking === true;
}
