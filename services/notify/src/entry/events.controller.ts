import { Controller } from '@nestjs/common';
import { dispatch, type EventOf, intake, sla } from '@gongdan/contracts';
import { type Heard, OnEvents, PackShelf } from '@gongdan/messaging';
import { type TicketEvent } from '../domain/ticket.js';
import { PlanMessages } from '../use-cases/plan-messages.js';

@Controller()
export class EventsController {
  constructor(
    private readonly packs: PackShelf,
    private readonly planMessages: PlanMessages,
  ) {}

  @OnEvents(dispatch.PackPublished)
  packPublished(events: EventOf<typeof dispatch.PackPublished>[], { tx }: Heard): Promise<void> {
    return this.packs.hear(tx, events);
  }

  @OnEvents(
    intake.TicketRegistered,
    intake.TicketAmended,
    intake.TicketWithdrawn,
    ...dispatch.CASE_EVENTS,
    sla.ClockStarted,
    sla.ClockPaused,
    sla.ClockResumed,
    sla.ClockWarned,
    sla.ClockBreached,
    sla.ClockStopped,
    sla.ClockCancelled,
  )
  happened(events: TicketEvent[], { tx }: Heard): Promise<void> {
    return this.planMessages.run(tx, events);
  }
}
