import { Controller } from '@nestjs/common';
import { type EventEnvelope, type EventOf, TICKET_EVENTS } from '@gongdan/contracts';
import { type HandlerContext, OnEvents } from '@gongdan/messaging';
import { ProjectEvents } from '../use-cases/project-events.js';

@Controller()
export class EventsController {
  constructor(private readonly projectEvents: ProjectEvents) {}

  /** Everything anybody says about a ticket. */
  @OnEvents(...TICKET_EVENTS)
  said(events: EventOf<(typeof TICKET_EVENTS)[number]>[], { tx }: HandlerContext): Promise<void> {
    return this.projectEvents.run(tx, events as EventEnvelope[]);
  }
}
