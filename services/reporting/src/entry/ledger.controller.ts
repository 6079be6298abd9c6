import { Controller, Get, Query, Res, StreamableFile } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Actor } from '@gongdan/kernel';
import { Answers, Right, Who, Within } from '@gongdan/platform';
import { type FastifyReply } from 'fastify';
import { type z } from 'zod';
import { SumLedger } from '../use-cases/sum-ledger.js';
import { LedgerAnswer, LedgerQuery } from './ledger-shapes.js';

const ROWS = 1_000;

@Controller('v1/reports')
export class LedgerController {
  constructor(private readonly sumLedger: SumLedger) {}

  /**
   * Sums of the ledger entries that meet all conditions, for each account by one dimension. With `format=csv` the answer is CSV (UTF-8 with BOM): no
   * cell is a formula in a spreadsheet, and the headers `x-gongdan-as-of` and `x-gongdan-complete` state how far it can be trusted.
   */
  @Get('ledger')
  @Right('reports:read')
  @Answers(200, LedgerAnswer, 'Sums of the entries; with `format=csv` one line per sum', {
    orText: 'text/csv',
    headers: {
      'content-disposition': 'Name of the file; only of CSV',
      'x-gongdan-as-of': "Instant of the database's clock at which the sums were read; only of CSV",
      'x-gongdan-complete': 'false while published events are known to be missing; only of CSV',
    },
  })
  async ledger(
    @Query({ schema: LedgerQuery }) q: z.infer<typeof LedgerQuery>,
    @Who() who: Actor,
    @Within() scope: Scope,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof LedgerAnswer> | StreamableFile> {
    const { by, zone, format, limit, ...search } = q;
    const most = limit ?? (format === 'csv' ? undefined : ROWS);
    const report = await this.sumLedger.run(who.org, by, zone, { ...search, scope }, most);
    if (format === 'csv') {
      reply.headers({
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': 'attachment; filename="ledger.csv"',
        'x-gongdan-as-of': report.freshness.asOf,
        'x-gongdan-complete': String(report.freshness.complete),
      });
      return new StreamableFile(await this.sumLedger.csv(by, report.sums));
    }
    const items = report.sums.map(({ key, ...sum }) => ({ ...sum, [by]: key }));
    return { by, zone: report.zone, ...report.freshness, groups: report.groups, items };
  }
}
