import { Readable } from 'node:stream';
import { Body, Controller, Get, Header, HttpCode, Inject, Post, Put, Query, Req, StreamableFile } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Actor, Invalid } from '@gongdan/kernel';
import { Answers, AnswersText, CONFIG, Problems, Right, streamOf, TicketId, Who, Within } from '@gongdan/platform';
import { type FastifyRequest } from 'fastify';
import { type z } from 'zod';
import { type IntakeConfig } from '../../config.js';
import { ManageImports } from '../../use-cases/imports/manage-imports.js';
import { ImportBody, ImportList, type ImportRow, ImportRowList, ImportView, ResultQuery } from './import-bodies.js';
import { ImportsJob } from './imports.job.js';
import { resultCells, resultStringifier } from './result-csv.js';

type View = z.infer<typeof ImportView>;

/** Imports of files of older systems: their rows become tickets with their original instants (IN-03). */
@Controller('v1/imports')
export class ImportsController {
  constructor(
    private readonly imports: ManageImports,
    private readonly job: ImportsJob,
    @Inject(CONFIG) private readonly config: IntakeConfig,
  ) {}

  /** Announces an import. The mapping is checked at once; the file is sent afterwards, to `file`. */
  @Post()
  @Right('imports:run')
  @Answers(201, ImportView, 'Announced; the import waits for its file')
  @Problems({ 422: ['intake/no-pack'] })
  async create(@Body({ schema: ImportBody }) body: z.infer<typeof ImportBody>, @Who() who: Actor): Promise<View> {
    return viewOf(await this.imports.announce(who, body.pack, body.fileName, body.mapping));
  }

  /**
   * The file, streamed: text/csv, an XLSX, or application/octet-stream. Work begins when all of it has arrived. One upload at a time: a second
   * one is 409 `intake/upload-in-progress` until the first ends or has been silent for 30 s. A file that arrived is not replaced (409).
   */
  @Put(':id/file')
  @HttpCode(202)
  @Right('imports:run')
  @Answers(202, ImportView, 'The file has arrived')
  @Problems({
    409: ['intake/file-already-here', 'intake/upload-in-progress', 'intake/upload-replaced'],
    422: ['intake/file-too-large'],
  })
  async upload(@TicketId('id') id: string, @Req() request: FastifyRequest, @Who() who: Actor): Promise<View> {
    await this.imports.mustWait(who.org, id);
    if (!(request.body instanceof Readable))
      throw new Invalid('intake/no-file', {}, 'send the file as text/csv, XLSX or application/octet-stream');
    try {
      await this.imports.receive(
        who.org,
        id,
        request.body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>,
        this.config.importMaxMb * 1_048_576,
      );
    } finally {
      // When the file is refused half-way, the rest must still be read from the connection, or the caller never reads the answer.
      request.body.resume();
    }
    this.job.nudge();
    return viewOf(await this.imports.one(who.org, id));
  }

  /** The newest 100 imports of the organisation. */
  @Get()
  @Right('imports:read')
  @Answers(200, ImportList, 'Newest first')
  async list(@Who() who: Actor, @Within() scope: Scope): Promise<z.infer<typeof ImportList>> {
    return { items: (await this.imports.newest(who.org, scope)).map(viewOf) };
  }

  /** Progress of one import. */
  @Get(':id')
  @Right('imports:read')
  @Answers(200, ImportView, 'The import')
  async read(@TicketId('id') id: string, @Who() who: Actor, @Within() scope: Scope): Promise<View> {
    return viewOf(await this.imports.seen(who.org, scope, id));
  }

  /** What became of each row, in the order of the file; repeat the request with `after` until the page is empty. */
  @Get(':id/rows')
  @Right('imports:read')
  @Answers(200, ImportRowList, 'Rows of the file')
  async rows(
    @TicketId('id') id: string,
    @Query({ schema: ResultQuery }) q: z.infer<typeof ResultQuery>,
    @Who() who: Actor,
    @Within() scope: Scope,
  ): Promise<z.infer<typeof ImportRowList>> {
    return { items: (await this.imports.outcomes(who.org, scope, id, q.after, q.limit)).map(rowView) };
  }

  /** What became of each row, as a streamed CSV file. */
  @Get(':id/result.csv')
  @Right('imports:read')
  @AnswersText(200, 'text/csv', 'The columns of ImportRow; UTF-8 with a byte order mark')
  @Header('content-type', 'text/csv; charset=utf-8')
  async result(@TicketId('id') id: string, @Who() who: Actor, @Within() scope: Scope): Promise<StreamableFile> {
    await this.imports.seen(who.org, scope, id);
    const rows = this.imports.allOutcomes(who.org, id);
    const lines = async function* (): AsyncGenerator<string[]> {
      for await (const r of rows) yield resultCells(rowView(r));
    };
    return new StreamableFile(await streamOf(lines(), resultStringifier()));
  }
}

function rowView(r: Awaited<ReturnType<ManageImports['outcomes']>>[number]): z.infer<typeof ImportRow> {
  return {
    row: r.row,
    line: r.line,
    lastLine: r.last_line,
    outcome: r.outcome,
    externalKey: r.external_key,
    ticketId: r.ticket_id,
    number: r.number,
    notes: r.notes === null ? null : [...r.notes],
  };
}

function viewOf(job: Awaited<ReturnType<ManageImports['one']>>): View {
  const seconds = Math.max(0.001, job.seconds ?? 0.001);
  return {
    id: job.id,
    state: job.state,
    fileName: job.file_name,
    percent: job.bytes_total === 0 ? (job.state === 'done' ? 100 : 0) : Math.floor((job.bytes_done / job.bytes_total) * 100),
    rows: job.rows_done,
    rowsPerSecond: Math.round(job.rows_done / seconds),
    created: job.created,
    unchanged: job.unchanged,
    changed: job.changed,
    rejected: job.rejected,
    merged: job.merged,
    sourceLines: job.source_lines,
    noted: job.noted,
    error: job.error,
    startedBy: job.started_by,
    createdAt: job.created_at,
    finishedAt: job.finished_at,
    file: `/v1/imports/${job.id}/file`,
    result: `/v1/imports/${job.id}/result.csv`,
  };
}
