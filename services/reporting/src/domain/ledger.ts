/** What the entries of an account are summed by. */
export const LEDGER_DIMENSIONS = ['item', 'person', 'unit', 'month'] as const;
export type LedgerDimension = (typeof LEDGER_DIMENSIONS)[number];

/** Sum of the entries of one account that have the same value of the dimension. */
export interface LedgerSum {
  account: string;
  /** Value of the dimension; null where the entries have none. */
  key: string | null;
  quantity: number;
  entries: number;
}
