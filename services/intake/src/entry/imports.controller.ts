import { Readable } from 'node:stream';
import { Body, Controller, Get, Header, HttpCode, Inject, Post, Put, Query, Req, StreamableFile } from '@nestjs/common';
import { type Actor, Conflict, Invalid, newId, Refused } from '@gongdan/kernel';
import { PackShelf } from '@gongdan/messaging';
import { parseMapping } from '@gongdan/packs';
import { CONFIG, Database, line, Right, TicketId, Who } from '@gongdan/platform';
import { stringify } from 'csv-stringify';
import { type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type IntakeConfig } from '../config.js';
import { type ImportJob, ImportsStore } from '../store/imports.store.js';
import { ImportsJob } from './imports.job.js';

const ImportBody = z
  .strictObject({
    pack: line(120).describe('Process pack the tickets belong to'),
    fileName: line(200).default('import'),
    mapping: z.record(z.string(), z.unknown()).describe('How columns become fields; see packs/<key>/mapping.json'),
  })
  .meta({ id: 'ImportBody' });
const ResultQuery = z.strictObject({ after: z.coerce.number().int().min(0).default(0), limit: z.coerce.number().int().min(1).max(1_000).default(200) });

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
    private readonly database: Database,
    private readonly imports: ImportsStore,
    private readonly packs: PackShelf,
    private readonly job: ImportsJob,
    @Inject(CONFIG) private readonly config: IntakeConfig,
  ) {}

  /** Announces an import; then PUT the file to `file`. */
  @Post()
  @Right('imports:run')
  async create(@Body({ schema: ImportBody }) body: z.infer<typeof ImportBody>, @Who() who: Actor): Promise<ImportView> {
    const mapping = parseMapping(body.mapping);
    const pack = this.packs.current(who.org, body.pack);
    if (!pack) throw new Refused('intake/no-pack', { violations: [{ pointer: '/pack', detail: 'is not in force' }] }, 'no such process pack is in force for this organisation');
    const id = newId();
    await this.imports.create(this.database, { org: who.org, id, file_name: body.fileName, pack_key: pack.pack.pack.key, pack_version: pack.version, started_by: who.id }, mapping);
    return viewOf(await this.imports.get(this.database, who.org, id));
  }

  /** The file itself, streamed: text/csv, an XLSX, or application/octet-stream. Work begins when all of it is here. */
  @Put(':id/file')
  @HttpCode(202)
  @Right('imports:run')
  async upload(@TicketId('id') id: string, @Req() request: FastifyRequest, @Who() who: Actor): Promise<ImportView> {
    const job = await this.imports.get(this.database, who.org, id);
    if (job.state !== 'waiting') throw new Conflict('intake/file-already-here', { details: { state: job.state } }, 'the file of this import has arrived already');
    if (!(request.body instanceof Readable)) throw new Invalid('intake/no-file', {}, 'send the file as text/csv, XLSX or application/octet-stream');
    try {
      await this.imports.receive(this.database, who.org, id, request.body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>, this.config.importMaxMb * 1_048_576);
    } finally {
      // Refused half-way, the rest must still be read off the connection, or the caller never comes to read the answer.
      request.body.resume();
    }
    this.job.nudge();
    return viewOf(await this.imports.get(this.database, who.org, id));
  }

  @Get()
  @Right('imports:read')
  async list(@Who() who: Actor): Promise<{ items: ImportView[] }> {
    return { items: (await this.imports.list(this.database, who.org, 100)).map(viewOf) };
  }

  /** Progress. */
  @Get(':id')
  @Right('imports:read')
  async read(@TicketId('id') id: string, @Who() who: Actor): Promise<ImportView> {
    return viewOf(await this.imports.get(this.database, who.org, id));
  }

  /** What became of each row; page with `after`. */
  @Get(':id/rows')
  @Right('imports:read')
  async rows(@TicketId('id') id: string, @Query({ schema: ResultQuery }) q: z.infer<typeof ResultQuery>, @Who() who: Actor) {
    await this.imports.get(this.database, who.org, id);
    return { items: await this.imports.results(this.database, who.org, id, q.after, q.limit) };
  }

  /** The same as a CSV file. */
  @Get(':id/result.csv')
  @Right('imports:read')
  @Header('content-type', 'text/csv; charset=utf-8')
  async result(@TicketId('id') id: string, @Who() who: Actor): Promise<StreamableFile> {
    await this.imports.get(this.database, who.org, id);
    const { imports, database } = this;
    const lines = async function* (): AsyncGenerator<string[]> {
      for (let after = 0; ; ) {
        const page = await imports.results(database, who.org, id, after, 1_000);
        for (const r of page) {
          const notes = (r.notes ?? []).map((n) => `${n.pointer}: ${n.detail}`).join('; ');
          yield [String(r.row), String(r.line), r.outcome, r.external_key ?? '', r.number ?? '', notes];
        }
        const last = page.at(-1);
        if (!last) return;
        after = last.row;
      }
    };
    return new StreamableFile(Readable.from(lines()).pipe(stringify({ header: true, bom: true, columns: ['row', 'line', 'outcome', 'external_key', 'number', 'notes'], escape_formulas: true })));
  }
}

function viewOf(job: ImportJob): ImportView {
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
