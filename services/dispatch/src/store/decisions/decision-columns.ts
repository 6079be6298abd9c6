import { type DecisionRecord } from '@gongdan/engine';
import { TableColumns } from '@gongdan/platform';

type Stored = Omit<DecisionRecord, 'pack' | 'by' | 'table'>;
export type DecisionValues = Stored & { tableKey?: string | undefined; packKey: string; packVersion: number; madeBy: string };
/** A selected row: the optional properties of a decision are null, and so are those that the release before did not write. */
export type DecisionRow = {
  [K in keyof DecisionValues]-?: Exclude<DecisionValues[K], undefined> | (undefined extends DecisionValues[K] ? null : never);
} & { rule: string | null; task: number | null; step: string | null };

export const DECISION = new TableColumns<keyof DecisionValues>({
  org: 'text',
  ticketId: 'uuid',
  no: 'int',
  id: 'uuid',
  at: 'timestamptz',
  why: 'text',
  rule: 'text',
  tableKey: 'text',
  task: 'int',
  step: 'text',
  unit: 'text',
  role: 'text',
  person: 'text',
  climbedFrom: 'text',
  facts: 'jsonb',
  candidates: 'jsonb',
  runnerUp: 'jsonb',
  packKey: 'text',
  packVersion: 'int',
  madeBy: 'text',
});

export function decisionValues({ pack, by, table, ...stored }: DecisionRecord): DecisionValues {
  return { ...stored, tableKey: table, packKey: pack.key, packVersion: pack.version, madeBy: by };
}

/** A decision as the API returns it. */
export interface DecisionView extends Omit<DecisionRow, 'org' | 'ticketId' | 'packKey' | 'packVersion' | 'tableKey'> {
  table: string | null;
  pack: { key: string; version: number };
}

export function decisionView({ org: _org, ticketId: _id, packKey, packVersion, tableKey, ...decision }: DecisionRow): DecisionView {
  return { ...decision, table: tableKey, pack: { key: packKey, version: packVersion } };
}
