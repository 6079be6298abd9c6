import { Readable } from 'node:stream';
import { Body, Controller, Get, Header, HttpCode, Inject, Post, Put, Query, Req, StreamableFile } from '@nestjs/common';
import { type Actor, Invalid } from '@gongdan/kernel';
import { CONFIG, line, Right, streamOf, TicketId, Who } from '@gongdan/platform';
import { stringify } from 'csv-stringify';
import { type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type IntakeConfig } from '../config.js';
import { ManageImports } from '../use-cases/imports/manage-imports.js';
import { ImportsJob } from './imports.job.js';

const ImportBody = z
  .strictObject({
    pack: line(120).describe('Process pack the tickets belong to'),
    fileName: line(200).default('import'),
    mapping: z.record(z.string(), z.unknown()).describe('How columns become fields; see packs/<key>/mapping.json'),
  })
  .meta({ id: 'ImportBody' });
const ResultQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1_000).default(200),
});

/** Progress of an import; `percent` by bytes of the file. */
export interface ImportView {
  id: string;
  state: string;
  fileName: string;
  percent: number;
  rows: number;
  rowsPerSecond: number;
  created: number;
  unchanged: number;
  changed: number;
  rejected: number;
  /** Rows that came in although the file lacks something the mapping expects. */
  noted: number;
  /** Why it failed, or why it waits. */
  error: string | null;
  startedBy: string;
  createdAt: string;
  finishedAt: string | null;
  file: string;
  result: string;
}

/** Files of older systems become tickets with their original instants (IN-03). */
@Controller('v1/imports')
export class ImportsController {
  constructor(
    private readonly imports: ManageImports,
    private readonly job: ImportsJob,
    @Inject(CONFIG) private readonly config: IntakeConfig,
  ) {}

  /** Announces an import; then PUT the file to `file`. */
  @Post()
  @Right('imports:run')
  async create(@Body({ schema: ImportBody }) body: z.infer<typeof ImportBody>, @Who() who: Actor): Promise<ImportView> {
    return viewOf(await this.imports.announce(who, body.pack, body.fileName, body.mapping));
  }

  /** The file itself, streamed: text/csv, an XLSX, or application/octet-stream. Work begins when all of it is here. */
  @Put(':id/file')
  @HttpCode(202)
  @Right('imports:run')
  async upload(@TicketId('id') id: string, @Req() request: FastifyRequest, @Who() who: Actor): Promise<ImportView> {
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
      // Refused half-way, the rest must still be read off the connection, or the caller never comes to read the answer.
      request.body.resume();
    }
    this.job.nudge();
    return viewOf(await this.imports.one(who.org, id));
  }

  @Get()
  @Right('imports:read')
  async list(@Who() who: Actor): Promise<{ items: ImportView[] }> {
    return { items: (await this.imports.newest(who.org)).map(viewOf) };
  }

  /** Progress. */
  @Get(':id')
  @Right('imports:read')
  async read(@TicketId('id') id: string, @Who() who: Actor): Promise<ImportView> {
    return viewOf(await this.imports.one(who.org, id));
  }

  /** What became of each row; page with `after`. */
  @Get(':id/rows')
  @Right('imports:read')
  async rows(@TicketId('id') id: string, @Query({ schema: ResultQuery }) q: z.infer<typeof ResultQuery>, @Who() who: Actor) {
    return { items: await this.imports.outcomes(who.org, id, q.after, q.limit) };
  }

  /** The same as a CSV file. */
  @Get(':id/result.csv')
  @Right('imports:read')
  @Header('content-type', 'text/csv; charset=utf-8')
  async result(@TicketId('id') id: string, @Who() who: Actor): Promise<StreamableFile> {
    await this.imports.one(who.org, id);
    const rows = this.imports.allOutcomes(who.org, id);
    const lines = async function* (): AsyncGenerator<string[]> {
      for await (const r of rows)
        yield [
          String(r.row),
          String(r.line),
          r.outcome,
          r.external_key ?? '',
          r.number ?? '',
          (r.notes ?? []).map((n) => `${n.pointer}: ${n.detail}`).join('; '),
        ];
    };
    return new StreamableFile(
      await streamOf(
        lines(),
        stringify({
          header: true,
          bom: true,
          columns: ['row', 'line', 'outcome', 'external_key', 'number', 'notes'],
          escape_formulas: true,
        }),
      ),
    );
  }
}

function viewOf(job: Awaited<ReturnType<ManageImports['one']>>): ImportView {
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
    noted: job.noted,
    error: job.error,
    startedBy: job.started_by,
    createdAt: job.created_at,
    finishedAt: job.finished_at,
    file: `/v1/imports/${job.id}/file`,
    result: `/v1/imports/${job.id}/result.csv`,
  };
}
