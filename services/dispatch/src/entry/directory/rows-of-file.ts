import { type EntryKind } from '@gongdan/directory';
import { Invalid, Refused } from '@gongdan/kernel';
import { bodyOf, COLUMNS } from '../../domain/directory/csv-entries.js';
import { readCsv, unguard } from '../../domain/directory/csv.js';
import { type FileRow } from '../../use-cases/directory/import-entries.js';
import { bodySchema, entryOfBody, PersonId, Slug } from './directory-shapes.js';

/** They are one transaction, and its events are written by one statement. */
const MOST_ROWS = 50_000;

/** The rows of a file as entries; a row that breaks the rules of a body is a mistake with its pointer. Throws Invalid for columns that are no columns. */
export function rowsOfFile(kind: EntryKind, text: string): FileRow[] {
  const { columns, rows } = readCsv(text, MOST_ROWS + 1);
  const known = COLUMNS[kind];
  const wrong = columns.find((column, i) => !known.includes(column) || columns.indexOf(column) !== i);
  if (wrong !== undefined || !columns.includes(known[0] ?? ''))
    throw new Invalid('dispatch/bad-columns', { details: { columns: known } }, `the first line names columns among ${known.join(', ')}`);
  if (rows.length > MOST_ROWS) throw new Refused('dispatch/too-many-rows', { details: { most: MOST_ROWS } });
  return rows.map(({ line, cells, broken }): FileRow => {
    if (broken !== undefined) return { line, mistake: { code: 'dispatch/bad-row', pointer: '', detail: broken } };
    const { id, body } = bodyOf(kind, cells);
    // The cell and not the id: a blank in it would make another membership of it.
    const key = (kind === 'unit' || kind === 'deputy' ? Slug : PersonId).safeParse(
      kind === 'membership' ? unguard(cells['person'] ?? '') : id,
    );
    const unit = Slug.optional().safeParse(kind === 'membership' ? cells['unit'] || undefined : undefined);
    const read = bodySchema(kind).safeParse(body);
    if (key.success && unit.success && read.success) return { line, ...entryOfBody(kind, id, read.data) };
    const [issue] = [...(key.error?.issues ?? []), ...(unit.error?.issues ?? []), ...(read.error?.issues ?? [])];
    const pointer = key.success && unit.success ? `/${(issue?.path ?? []).join('/')}` : `/${known[key.success ? 1 : 0] ?? ''}`;
    return { line, mistake: { code: 'dispatch/bad-row', pointer, detail: issue?.message ?? 'cannot be read' } };
  });
}
