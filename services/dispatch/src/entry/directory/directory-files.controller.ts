import { Readable } from 'node:stream';
import { Controller, Get, Header, HttpCode, Post, Query, Req, StreamableFile } from '@nestjs/common';
import { type Actor, type Cause, Invalid, Refused } from '@gongdan/kernel';
import {
  Answers,
  AnswersText,
  CallerReach,
  CausedBy,
  Database,
  decodeCursor,
  encodeCursor,
  Problems,
  Reaching,
  Right,
  SystemClock,
  Who,
} from '@gongdan/platform';
import { type FastifyRequest } from 'fastify';
import { type z } from 'zod';
import { cellsOf, COLUMNS } from '../../domain/directory/csv-entries.js';
import { csvLine } from '../../domain/directory/csv.js';
import { ImportEntries } from '../../use-cases/directory/import-entries.js';
import { ListEntries } from '../../use-cases/directory/list-entries.js';
import { AuditAnswer, AuditCursor, AuditQuery, ExportQuery, FILES, ImportAnswer, ImportQuery } from './directory-shapes.js';
import { readerOf } from './directory-door.js';
import { rowsOfFile } from './rows-of-file.js';

const MOST_BYTES = 10 * 1_048_576;
const MOST_ERRORS = 1_000;

/** The directory as files, and who changed it. */
@Controller('v1/directory')
export class DirectoryFilesController {
  constructor(
    private readonly database: Database,
    private readonly clock: SystemClock,
    private readonly importEntries: ImportEntries,
    private readonly listEntries: ListEntries,
  ) {}

  /**
   * Adds and changes entries from a CSV file (UTF-8, the columns of the export). A row that is wrong is refused with its line and the reason, the others
   * are applied together; a row never deletes an entry. A column that the file leaves out counts as empty: the row replaces the whole entry. With `dryRun=true` the answer is the same and nothing changes. 422 above 10 MB
   * (`dispatch/file-too-large`) or 50,000 rows (`dispatch/too-many-rows`).
   */
  @Post('import')
  @HttpCode(200)
  @Right('directory:write')
  @Answers(200, ImportAnswer, 'What became of the rows')
  @Problems({ 400: ['dispatch/no-file', 'dispatch/bad-columns'], 422: ['dispatch/file-too-large', 'dispatch/too-many-rows'] })
  async import(
    @Query({ schema: ImportQuery }) q: z.infer<typeof ImportQuery>,
    @Req() request: FastifyRequest,
    @Who() actor: Actor,
    @CausedBy() cause: Cause,
  ): Promise<z.infer<typeof ImportAnswer>> {
    const rows = rowsOfFile(FILES[q.of], await textOf(request.body));
    const dryRun = q.dryRun === 'true';
    const done = await this.database.transaction((tx) => this.importEntries.run(tx, { actor, rows, dryRun, now: this.clock.now(), cause }));
    return { ...done, dryRun, refused: done.refused.length, errors: done.refused.slice(0, MOST_ERRORS) };
  }

  /** The entries of a kind as a CSV file that `import` takes. Contacts of people are in it for callers with directory:write. */
  @Get('export')
  @Right('directory:read')
  @AnswersText(200, 'text/csv', 'UTF-8 with a byte order mark')
  @Header('content-type', 'text/csv; charset=utf-8')
  export(
    @Query({ schema: ExportQuery }) q: z.infer<typeof ExportQuery>,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
  ): StreamableFile {
    const kind = FILES[q.of];
    const rows = this.listEntries.all(this.database, readerOf(who, reach), kind);
    const lines = async function* (): AsyncGenerator<string> {
      yield `\uFEFF${csvLine(COLUMNS[kind])}`;
      for await (const row of rows) yield csvLine(cellsOf(kind, row.id, row.value));
    };
    return new StreamableFile(Readable.from(lines()));
  }

  /** Who changed which entry when, and how; newest first. */
  @Get('audit')
  @Right('directory:write')
  @Answers(200, AuditAnswer, 'Changes')
  async audit(
    @Query({ schema: AuditQuery }) q: z.infer<typeof AuditQuery>,
    @Who() who: Actor,
    @Reaching() reach: CallerReach,
  ): Promise<z.infer<typeof AuditAnswer>> {
    const before = q.cursor === undefined ? undefined : decodeCursor(q.cursor, AuditCursor)[0];
    const kind = q.of === undefined ? undefined : FILES[q.of];
    const rows = await this.listEntries.audit(this.database, readerOf(who, reach), { kind, id: q.id }, q.limit, before);
    const last = rows.length < q.limit ? undefined : rows.at(-1);
    return {
      items: rows.map((r) => ({
        at: r.at,
        by: { id: r.byId, ...(r.byName === null ? {} : { name: r.byName }) },
        of: FILE_OF[r.kind],
        id: r.id,
        before: r.before,
        after: r.after,
      })),
      next: last === undefined ? null : encodeCursor([last.n]),
    };
  }
}

const FILE_OF = { unit: 'units', person: 'people', membership: 'memberships', deputy: 'deputies', presence: 'presence' } as const;

async function textOf(body: unknown): Promise<string> {
  if (!(body instanceof Readable)) throw new Invalid('dispatch/no-file', {}, 'send the file as text/csv');
  const pieces: Buffer[] = [];
  let bytes = 0;
  // The rest is read, too: a caller that still sends would not read the answer.
  for await (const piece of body as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes <= MOST_BYTES) pieces.push(piece);
  }
  if (bytes > MOST_BYTES) throw new Refused('dispatch/file-too-large', { details: { bytes, most: MOST_BYTES } });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces));
  } catch (cause) {
    throw new Invalid('dispatch/no-file', { cause }, 'the file is not UTF-8');
  }
}
