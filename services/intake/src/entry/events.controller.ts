import { Controller } from '@nestjs/common';
import { dispatch, type EventOf } from '@gongdan/contracts';
import { type Heard, OnEvents, PackShelf } from '@gongdan/messaging';
import { type CaseEvent, FollowCases } from '../use-cases/follow-cases.js';

@Controller()
export class EventsController {
  constructor(
    private readonly packs: PackShelf,
    private readonly followCases: FollowCases,
  ) {}

  @OnEvents(dispatch.PackPublished)
  packPublished(events: EventOf<typeof dispatch.PackPublished>[], { tx }: Heard): Promise<void> {
    return this.packs.hear(tx, events);
  }

  @OnEvents(...dispatch.CASE_EVENTS)
  caseMoved(events: CaseEvent[], { tx }: Heard): Promise<void> {
    return this.followCases.run(tx, events);
  }
}
