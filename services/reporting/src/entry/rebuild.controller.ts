import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { type Actor } from '@gongdan/kernel';
import { Answers, Right, TicketId, Who } from '@gongdan/platform';
import { type z } from 'zod';
import { Rebuild } from '../use-cases/rebuild.js';
import { RebuildAnswer, RebuildBody } from './shapes.js';

@Controller('v1/rebuild')
export class RebuildController {
  constructor(private readonly rebuild: Rebuild) {}

  /** Empties the tables of all organisations and derives them again from the stream. Meanwhile answers have `complete: false`. */
  @Post()
  @HttpCode(202)
  @Right('reports:rebuild')
  @Answers(202, RebuildAnswer, 'The rebuild has started')
  start(@Body({ schema: RebuildBody }) _: unknown, @Who() who: Actor): Promise<z.infer<typeof RebuildAnswer>> {
    return this.rebuild.start(who.id);
  }

  /** State of a rebuild. */
  @Get(':id')
  @Right('reports:rebuild')
  @Answers(200, RebuildAnswer, 'The rebuild')
  state(@TicketId('id') id: string): Promise<z.infer<typeof RebuildAnswer>> {
    return this.rebuild.state(id);
  }
}
