import { Controller } from '@nestjs/common';
import { dispatch, type EventEnvelope, type EventOf, intake } from '@gongdan/contracts';
import { type HandlerContext, OnEvents, PackRegistry } from '@gongdan/messaging';
import { KeepClocks } from '../use-cases/keep-clocks.js';

const HEARD = [intake.TicketRegistered, intake.TicketAmended, intake.TicketWithdrawn, ...dispatch.CASE_EVENTS] as const;

@Controller()
export class EventsController {
  constructor(
    private readonly packs: PackRegistry,
    private readonly keepClocks: KeepClocks,
  ) {}

  @OnEvents(dispatch.PackPublished)
  packPublished(events: EventOf<typeof dispatch.PackPublished>[], { tx }: HandlerContext): Promise<void> {
    return this.packs.add(tx, events);
  }

  /** Any event may be a trigger of some clock: which, the pack says. */
  @OnEvents(...HEARD)
  ticketMoved(events: EventOf<(typeof HEARD)[number]>[], { tx }: HandlerContext): Promise<void> {
    return this.keepClocks.run(tx, events as EventEnvelope[]);
  }
}
