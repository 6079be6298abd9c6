import { Controller } from '@nestjs/common';
import { dispatch, type EventOf, type TicketEvent, TICKET_EVENTS } from '@gongdan/contracts';
import { type HandlerContext, OnEvents } from '@gongdan/messaging';
import { KeepPacks } from '../use-cases/keep-packs.js';
import { ProjectEvents } from '../use-cases/project-events.js';

@Controller()
export class EventsController {
  constructor(
    private readonly projectEvents: ProjectEvents,
    private readonly keepPacks: KeepPacks,
  ) {}

  /** Every event about a ticket, of every producer. */
  @OnEvents(...TICKET_EVENTS)
  ticketMoved(events: TicketEvent[], { tx }: HandlerContext): Promise<void> {
    return this.projectEvents.run(tx, events);
  }

  @OnEvents(dispatch.PackPublished)
  packPublished(events: EventOf<typeof dispatch.PackPublished>[], { tx }: HandlerContext): Promise<void> {
    return this.keepPacks.run(tx, events);
  }
}
