import { line } from '@gongdan/platform';
import { z } from 'zod';

export const ImportBody = z
  .strictObject({
    pack: line(120).describe('Process pack that the tickets belong to').meta({ example: 'city-311' }),
    fileName: line(200).default('import').meta({ example: '12345-2019.csv' }),
    mapping: z.record(z.string(), z.unknown()).describe('How columns become fields; libs/packs/city-311/mapping.json is one'),
  })
  .meta({ id: 'ImportBody' });

export const ResultQuery = z.strictObject({
  after: z.coerce.number().int().min(0).max(2_147_483_647).default(0).describe('Number of the last row of the page before'),
  limit: z.coerce.number().int().min(1).max(1_000).default(200),
});

/** Progress of an import. Every source line is in exactly one of created, unchanged, changed, rejected and merged. */
export const ImportView = z
  .object({
    id: z.uuid(),
    state: z.enum(['waiting', 'ready', 'running', 'done', 'failed']).describe('`waiting`: for its file; `ready`: for a worker'),
    fileName: z.string(),
    percent: z.number().int().describe('By bytes of the file'),
    rows: z.number().int().describe('Rows handled so far, the header not counted'),
    rowsPerSecond: z.number().int(),
    created: z.number().int(),
    unchanged: z.number().int().describe('Known by their key, with the same content'),
    changed: z.number().int().describe('Known by their key, with other content; nothing was changed'),
    rejected: z.number().int(),
    merged: z.number().int().describe('Lines that belong to a row that begins in an earlier line'),
    sourceLines: z
      .number()
      .int()
      .nullable()
      .describe('Lines of the file after its header, blank ones not counted; null until it has been read to its end'),
    noted: z.number().int().describe('Rows that were accepted although they lack something that the mapping expects'),
    error: z.string().nullable().describe('Why it failed, or why it waits'),
    startedBy: z.string(),
    createdAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
    file: z.string().describe('Where the file is sent to'),
    result: z.string().describe('What became of each row, as CSV'),
  })
  .meta({
    id: 'Import',
    examples: [
      {
        id: '01890a5d-ac96-774b-bcce-b302099a8057',
        state: 'done',
        fileName: '12345-2019.csv',
        percent: 100,
        rows: 11_982,
        rowsPerSecond: 4_100,
        created: 11_950,
        unchanged: 20,
        changed: 2,
        rejected: 10,
        merged: 37,
        sourceLines: 12_019,
        noted: 4,
        error: null,
        startedBy: 'li-lei',
        createdAt: '2026-03-02T01:00:00.000Z',
        finishedAt: '2026-03-02T01:00:03.000Z',
        file: '/v1/imports/01890a5d-ac96-774b-bcce-b302099a8057/file',
        result: '/v1/imports/01890a5d-ac96-774b-bcce-b302099a8057/result.csv',
      },
    ],
  });

export const ImportList = z.object({ items: z.array(ImportView) }).meta({ id: 'ImportList' });

/** What became of a row of the file. */
export const ImportRow = z
  .object({
    row: z.number().int().describe('1 is the first row after the header'),
    line: z.number().int().describe('Line of the file, or row of the sheet, where it begins'),
    lastLine: z.number().int().describe('Where it ends'),
    outcome: z.enum(['created', 'unchanged', 'changed', 'rejected']),
    externalKey: z.string().nullable(),
    ticketId: z.uuid().nullable(),
    number: z.string().nullable(),
    notes: z
      .array(z.object({ pointer: z.string().describe('Column'), detail: z.string() }))
      .nullable()
      .describe('Why it was rejected, or what it lacks'),
  })
  .meta({
    id: 'ImportRow',
    examples: [
      {
        row: 7,
        line: 9,
        lastLine: 9,
        outcome: 'rejected',
        externalKey: '2019-000123',
        ticketId: null,
        number: null,
        notes: [{ pointer: '联系电话', detail: 'is not a phone number' }],
      },
    ],
  });

export const ImportRowList = z.object({ items: z.array(ImportRow) }).meta({ id: 'ImportRowList' });
