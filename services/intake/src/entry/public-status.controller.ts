import { Controller, Get, Ip, Param, Query } from '@nestjs/common';
import { Answers, Problems, Public } from '@gongdan/platform';
import { type z } from 'zod';
import { GetPublicStatus, type PublicStatus } from '../use-cases/tickets/public-status.js';
import { StatusAnswer } from './ticket-answers.js';
import { StatusQuery } from './ticket-bodies.js';

/** Routes that a complainant may use without a login. */
@Controller('v1/public')
export class PublicStatusController {
  constructor(private readonly status: GetPublicStatus) {}

  /**
   * State of a ticket by its number, in any case and width, and the end of the phone number. A wrong tail, no tail and an unknown number get the
   * same 404 (P08). After five wrong tails of a number within an hour the answer to a short tail is 422 `intake/more-digits-needed`: the last
   * eight digits still open it. A client with too many wrong tries gets 429.
   */
  @Get(':org/tickets/:number')
  @Public(
    'the number and the end of the phone number are the credential; wrong tries are limited per client, numbers with wrong tries require more digits',
  )
  @Answers(200, StatusAnswer, 'State of the ticket')
  @Problems({ 422: ['intake/more-digits-needed'] })
  read(
    @Param('org') org: string,
    @Param('number') number: string,
    @Query({ schema: StatusQuery }) query: z.infer<typeof StatusQuery>,
    @Ip() address: string,
  ): Promise<PublicStatus> {
    return this.status.run(org, number, query.tail, address);
  }
}
