import { Controller } from '@nestjs/common';
import { directory, dispatch, type EventOf, intake, sla } from '@gongdan/contracts';
import { type DirectoryEvent, DirectoryRegistry, type HandlerContext, OnEvents, PackRegistry } from '@gongdan/messaging';
import { type TicketEvent } from '../domain/ticket.js';
import { PlanMessages } from '../use-cases/plan-messages.js';

@Controller()
export class EventsController {
  constructor(
    private readonly directories: DirectoryRegistry,
    private readonly packs: PackRegistry,
    private readonly planMessages: PlanMessages,
  ) {}

  @OnEvents(...directory.DIRECTORY_EVENTS)
  directoryChanged(events: DirectoryEvent[], { tx }: HandlerContext): Promise<void> {
    return this.directories.add(tx, events);
  }

  @OnEvents(dispatch.PackPublished)
  packPublished(events: EventOf<typeof dispatch.PackPublished>[], { tx }: HandlerContext): Promise<void> {
    return this.packs.add(tx, events);
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
    sla.ClockExtended,
    sla.RequestAnswered,
  )
  ticketEvents(events: TicketEvent[], { tx }: HandlerContext): Promise<void> {
    return this.planMessages.run(tx, events);
  }
}
