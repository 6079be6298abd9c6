import { Controller } from '@nestjs/common';
import { type CaseEvent, dispatch, type EventOf } from '@gongdan/contracts';
import { type HandlerContext, OnEvents, PackRegistry } from '@gongdan/messaging';
import { FollowCases } from '../use-cases/tickets/follow-cases.js';

@Controller()
export class EventsController {
  constructor(
    private readonly packs: PackRegistry,
    private readonly followCases: FollowCases,
  ) {}

  @OnEvents(dispatch.PackPublished)
  packPublished(events: EventOf<typeof dispatch.PackPublished>[], { tx }: HandlerContext): Promise<void> {
    return this.packs.add(tx, events);
  }

  @OnEvents(...dispatch.CASE_EVENTS)
  caseMoved(events: CaseEvent[], { tx }: HandlerContext): Promise<void> {
    return this.followCases.run(tx, events);
  }
}
