import { TableColumns } from '@gongdan/platform';
import { type DecisionRecord } from '../domain/routing.js';

type Stored = Omit<DecisionRecord, 'pack' | 'by'>;
export type DecisionValues = Stored & { packKey: string; packVersion: number; madeBy: string };
/** A selected row: the optional properties of a decision are null. */
export type DecisionRow = { [K in keyof DecisionValues]-?: DecisionValues[K] | (undefined extends DecisionValues[K] ? null : never) };

export const DECISION = new TableColumns<keyof DecisionValues>({
  org: 'text',
  ticketId: 'uuid',
  no: 'int',
  id: 'uuid',
  at: 'timestamptz',
  why: 'text',
  rule: 'text',
  unit: 'text',
  facts: 'jsonb',
  candidates: 'jsonb',
  runnerUp: 'jsonb',
  packKey: 'text',
  packVersion: 'int',
  madeBy: 'text',
});

export function decisionValues({ pack, by, ...stored }: DecisionRecord): DecisionValues {
  return { ...stored, packKey: pack.key, packVersion: pack.version, madeBy: by };
}
