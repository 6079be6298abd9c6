import { Controller } from '@nestjs/common';
import { type EventOf, intake } from '@gongdan/contracts';
import { type HandlerContext, OnEvent, OnEvents } from '@gongdan/messaging';
import { SystemClock } from '@gongdan/platform';
import { AmendCase } from '../use-cases/cases/amend-case.js';
import { OpenCases } from '../use-cases/cases/open-cases.js';
import { WithdrawCase } from '../use-cases/cases/withdraw-case.js';

@Controller()
export class EventsController {
  constructor(
    private readonly clock: SystemClock,
    private readonly openCases: OpenCases,
    private readonly amendCase: AmendCase,
    private readonly withdrawCase: WithdrawCase,
  ) {}

  @OnEvents(intake.TicketRegistered)
  registered(events: EventOf<typeof intake.TicketRegistered>[], { tx }: HandlerContext): Promise<void> {
    return this.openCases.run(tx, events, this.clock.now());
  }

  @OnEvent(intake.TicketAmended)
  amended(event: EventOf<typeof intake.TicketAmended>, { tx }: HandlerContext): Promise<void> {
    return this.amendCase.run(tx, event, this.clock.now());
  }

  @OnEvent(intake.TicketWithdrawn)
  withdrawn(event: EventOf<typeof intake.TicketWithdrawn>, { tx }: HandlerContext): Promise<void> {
    return this.withdrawCase.run(tx, event, this.clock.now());
  }
}
