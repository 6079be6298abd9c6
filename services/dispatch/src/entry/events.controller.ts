import { Controller } from '@nestjs/common';
import { type EventOf, intake, sla } from '@gongdan/contracts';
import { type HandlerContext, OnEvent, OnEvents } from '@gongdan/messaging';
import { SystemClock } from '@gongdan/platform';
import { AmendCase } from '../use-cases/cases/amend-case.js';
import { OpenCases } from '../use-cases/cases/open-cases.js';
import { ReactToEvent } from '../use-cases/cases/react-to-event.js';
import { WithdrawCase } from '../use-cases/cases/withdraw-case.js';

@Controller()
export class EventsController {
  constructor(
    private readonly clock: SystemClock,
    private readonly openCases: OpenCases,
    private readonly amendCase: AmendCase,
    private readonly withdrawCase: WithdrawCase,
    private readonly reactToEvent: ReactToEvent,
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

  @OnEvent(sla.ClockStarted)
  clockStarted(event: EventOf<typeof sla.ClockStarted>, { tx }: HandlerContext): Promise<void> {
    return this.reactToEvent.run(tx, event, this.clock.now());
  }

  @OnEvent(sla.ClockPaused)
  clockPaused(event: EventOf<typeof sla.ClockPaused>, { tx }: HandlerContext): Promise<void> {
    return this.reactToEvent.run(tx, event, this.clock.now());
  }

  @OnEvent(sla.ClockResumed)
  clockResumed(event: EventOf<typeof sla.ClockResumed>, { tx }: HandlerContext): Promise<void> {
    return this.reactToEvent.run(tx, event, this.clock.now());
  }

  @OnEvent(sla.ClockWarned)
  clockWarned(event: EventOf<typeof sla.ClockWarned>, { tx }: HandlerContext): Promise<void> {
    return this.reactToEvent.run(tx, event, this.clock.now());
  }

  @OnEvent(sla.ClockBreached)
  clockBreached(event: EventOf<typeof sla.ClockBreached>, { tx }: HandlerContext): Promise<void> {
    return this.reactToEvent.run(tx, event, this.clock.now());
  }

  @OnEvent(sla.ClockStopped)
  clockStopped(event: EventOf<typeof sla.ClockStopped>, { tx }: HandlerContext): Promise<void> {
    return this.reactToEvent.run(tx, event, this.clock.now());
  }

  @OnEvent(sla.ClockCancelled)
  clockCancelled(event: EventOf<typeof sla.ClockCancelled>, { tx }: HandlerContext): Promise<void> {
    return this.reactToEvent.run(tx, event, this.clock.now());
  }
}
