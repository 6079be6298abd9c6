import { Controller } from '@nestjs/common';
import { directory, dispatch, type EventOf, TICKET_EVENTS, type TicketEvent } from '@gongdan/contracts';
import { type DirectoryEvent, DirectoryRegistry, type HandlerContext, OnEvents } from '@gongdan/messaging';
import { KeepPacks } from '../use-cases/keep-packs.js';
import { ProjectEvents } from '../use-cases/project-events.js';

@Controller()
export class EventsController {
  constructor(
    private readonly directories: DirectoryRegistry,
    private readonly projectEvents: ProjectEvents,
    private readonly keepPacks: KeepPacks,
  ) {}

  /** Every event about a ticket, of every producer. */
  @OnEvents(...TICKET_EVENTS)
  ticketMoved(events: TicketEvent[], { tx }: HandlerContext): Promise<void> {
    return this.projectEvents.run(tx, events);
  }

  @OnEvents(...directory.DIRECTORY_EVENTS)
  directoryChanged(events: DirectoryEvent[], { tx }: HandlerContext): Promise<void> {
    return this.directories.add(tx, events);
  }

  @OnEvents(dispatch.PackPublished)
  packPublished(events: EventOf<typeof dispatch.PackPublished>[], { tx }: HandlerContext): Promise<void> {
    return this.keepPacks.run(tx, events);
  }
}
