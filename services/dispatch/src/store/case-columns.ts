import { type Pack } from '@gongdan/packs';
import { omitNulls, TableColumns } from '@gongdan/platform';
import { type Case } from '../domain/case.js';

// What the table holds beside the properties of the case: the pack in two columns, and what the work lists sort and filter by.
interface Derived {
  packKey: string;
  packVersion: number;
  /** Where the task is: in the unit's queue, with the holder, or with nobody. */
  held: 'queue' | 'person' | 'nobody';
  /** Position of the priority in the catalogue; 0 is the most urgent. */
  priorityRank: number;
}

type Stored = Omit<Case, 'pack'>;
export type CaseValues = Stored & Derived;
/** A selected row: the optional properties of a case are null. */
export type CaseRow = { [K in keyof CaseValues]-?: CaseValues[K] | (undefined extends CaseValues[K] ? null : never) };

export const CASE = new TableColumns<keyof CaseValues>({
  org: 'text',
  ticketId: 'uuid',
  number: 'text',
  title: 'text',
  packKey: 'text',
  packVersion: 'int',
  step: 'text',
  state: 'text',
  held: 'text',
  unit: 'text',
  holder: 'text',
  version: 'int',
  hop: 'int',
  returns: 'int',
  reopens: 'int',
  done: 'jsonb',
  manualRoutes: 'int',
  excluded: 'text[]',
  ticket: 'jsonb',
  priorityRank: 'smallint',
  registeredAt: 'timestamptz',
  since: 'timestamptz',
  closedAt: 'timestamptz',
});

export function caseOf(row: CaseRow): Case {
  const { packKey, packVersion, held: _held, priorityRank: _rank, ...stored } = row;
  // The row has the types of the columns above, which are those of a case.
  return { ...omitNulls(stored), pack: { key: packKey, version: packVersion } } as Case;
}

export function valuesOf(pack: Pack, c: Case): CaseValues {
  const { pack: ref, ...stored } = c;
  const rank = pack.catalogue.priorities.indexOf(c.ticket.priority);
  return {
    ...stored,
    packKey: ref.key,
    packVersion: ref.version,
    held: pack.process.steps[c.step]?.holder ?? 'nobody',
    // A priority that the catalogue no longer has sorts last.
    priorityRank: rank < 0 ? pack.catalogue.priorities.length : rank,
  };
}
