import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query as QueryParams } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Language } from '@gongdan/engine';
import { type Actor } from '@gongdan/kernel';
import { Answers, Database, line, Problems, Right, SystemClock, TicketId, Who, Within } from '@gongdan/platform';
import { z } from 'zod';
import { AskWhatIf } from '../../use-cases/routing/ask-what-if.js';
import { ExplainDecision } from '../../use-cases/routing/explain-decision.js';
import { Candidate, Decision } from '../cases/case-shapes.js';

const No = z.coerce.number().int().min(1).max(2_000_000_000);
const LanguageQuery = z.strictObject({ language: z.enum(['zh-CN', 'en']).optional() });
const scalar = z.union([z.string().max(2000), z.number(), z.boolean()]);
const WhatIfBody = z
  .strictObject({
    ticketId: z.uuid().optional(),
    pack: z.strictObject({ key: line(60), version: z.number().int().min(1).max(1_000_000_000) }).optional(),
    table: line(60).optional().meta({ description: 'Ask this table; without it, decide as if the ticket were registered now' }),
    changes: z
      .record(line(120), scalar)
      .default({})
      .meta({ description: 'Facts of class, place, attributes, fields and ticket that the pack has' }),
  })
  .meta({ id: 'WhatIfBody', examples: [{ ticketId: '019d2c1e-6f3a-7c55-9d0b-3a1f6a2b7c10', changes: { 'place.area': 'harbour' } }] });

const explained = {
  language: z.enum(['zh-CN', 'en']),
  sentences: z.array(z.string()),
  row: z.object({ key: z.string(), why: z.string().optional() }).nullable(),
  candidates: z.array(Candidate.extend({ text: z.string() })),
};
const ExplanationAnswer = z
  .object({
    ...explained,
    decision: Decision,
    replayed: z
      .boolean()
      .nullable()
      .meta({ description: 'Deciding again from the record gives the same holder; null: the record does not hold enough' }),
  })
  .meta({ id: 'Explanation' });
const WhatIfAnswer = z
  .object({
    ...explained,
    holder: z.record(z.string(), z.unknown()).nullable().meta({ description: 'Null: nobody' }),
    choice: z.record(z.string(), z.unknown()).meta({ description: 'Row, table, facts, candidates and runner-up' }),
  })
  .meta({ id: 'WhatIf' });

/** Why somebody got a ticket, and who would if it were different. */
@Controller('v1')
export class RoutingController {
  constructor(
    private readonly database: Database,
    private readonly clock: SystemClock,
    private readonly explainDecision: ExplainDecision,
    private readonly askWhatIf: AskWhatIf,
  ) {}

  /** Explains a decision in words, in the `language` asked for or that of Accept-Language. */
  @Get('cases/:ticketId/decisions/:no')
  @Right('cases:read')
  @Answers(200, ExplanationAnswer, 'The explanation')
  @Problems({ 404: ['dispatch/no-case', 'dispatch/no-decision'] })
  async explain(
    @TicketId('ticketId') ticketId: string,
    @Param('no', { schema: No }) no: number,
    @QueryParams({ schema: LanguageQuery }) q: z.infer<typeof LanguageQuery>,
    @Headers('accept-language') accepted: string | undefined,
    @Who() actor: Actor,
    @Within() scope: Scope,
  ): Promise<z.infer<typeof ExplanationAnswer>> {
    const language = languageOf(q.language, accepted);
    return this.explainDecision.run(this.database, { ticketId, no, language, actor, scope, now: this.clock.now() });
  }

  /** Answers who would get the ticket if its facts were different, and why. Nothing is written. */
  @Post('routing/what-if')
  @HttpCode(200)
  @Right('cases:supervise')
  @Answers(200, WhatIfAnswer, 'Who would get it')
  @Problems({
    400: ['platform/invalid-input', 'dispatch/unchangeable-fact', 'dispatch/no-subject'],
    404: ['dispatch/no-case', 'dispatch/no-pack'],
    422: ['dispatch/unknown-table'],
  })
  async whatIf(
    @Body({ schema: WhatIfBody }) body: z.infer<typeof WhatIfBody>,
    @QueryParams({ schema: LanguageQuery }) q: z.infer<typeof LanguageQuery>,
    @Headers('accept-language') accepted: string | undefined,
    @Who() actor: Actor,
    @Within() scope: Scope,
  ): Promise<z.infer<typeof WhatIfAnswer>> {
    const found = await this.askWhatIf.run(this.database, {
      ...body,
      language: languageOf(q.language, accepted),
      actor,
      scope,
      now: this.clock.now(),
    });
    return { ...found, holder: found.holder === null ? null : { ...found.holder }, choice: { ...found.choice } };
  }
}

function languageOf(asked: Language | undefined, accepted: string | undefined): Language {
  return asked ?? (/^\s*zh\b/i.test(accepted ?? '') ? 'zh-CN' : 'en');
}
