import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Actor } from '@gongdan/kernel';
import { Answers, Database, decodeCursor, encodeCursor, LargeBody, Problems, Right, SystemClock, Who, Within } from '@gongdan/platform';
import { type z } from 'zod';
import { ReplayDecisions } from '../../use-cases/routing/replay-decisions.js';
import { ReplayAnswer, ReplayBody, ReplayCursor } from './replay-shapes.js';

/** What a draft of the routing tables would have done. */
@Controller('v1')
export class ReplayController {
  constructor(
    private readonly database: Database,
    private readonly clock: SystemClock,
    private readonly replayDecisions: ReplayDecisions,
  ) {}

  /**
   * Judges past decisions by a draft of the routing tables, and lists those that would have gone elsewhere and those of which the record does not tell
   * enough. A page looks at `limit` decisions, whether or not they are of this pack and between the instants; the client follows `next` until it is null,
   * and adds up `rules`. Nothing is written.
   */
  @Post('routing/replay')
  @HttpCode(200)
  @Right('routing:replay')
  @LargeBody({ values: 50_000 })
  @Answers(200, ReplayAnswer, 'A page of the replay')
  @Problems({ 400: ['platform/invalid-input', 'platform/bad-cursor'], 404: ['dispatch/no-pack'] })
  async replay(
    @Body({ schema: ReplayBody }) { pack, routing, from, to, limit, cursor }: z.infer<typeof ReplayBody>,
    @Who() who: Actor,
    @Within() scope: Scope,
  ): Promise<z.infer<typeof ReplayAnswer>> {
    const { next, ...page } = await this.replayDecisions.run(this.database, {
      actor: who,
      scope,
      now: this.clock.now(),
      key: pack,
      routing,
      from: from ?? '-infinity',
      to: to ?? 'infinity',
      after: cursor === undefined ? undefined : decodeCursor(cursor, ReplayCursor),
      most: limit,
    });
    return { ...page, next: next === undefined ? null : encodeCursor(next) };
  }
}
