import { Controller } from '@nestjs/common';
import { type CaseEvent, directory, dispatch, type EventOf } from '@gongdan/contracts';
import { type DirectoryEvent, DirectoryRegistry, type HandlerContext, OnEvents, PackRegistry } from '@gongdan/messaging';
import { FollowCases } from '../use-cases/tickets/follow-cases.js';

@Controller()
export class EventsController {
  constructor(
    private readonly directories: DirectoryRegistry,
    private readonly packs: PackRegistry,
    private readonly followCases: FollowCases,
  ) {}

  @OnEvents(...directory.DIRECTORY_EVENTS)
  directoryChanged(events: DirectoryEvent[], { tx }: HandlerContext): Promise<void> {
    return this.directories.add(tx, events);
  }

  @OnEvents(dispatch.PackPublished)
  packPublished(events: EventOf<typeof dispatch.PackPublished>[], { tx }: HandlerContext): Promise<void> {
    return this.packs.add(tx, events);
  }

  @OnEvents(...dispatch.CASE_EVENTS)
  caseMoved(events: CaseEvent[], { tx }: HandlerContext): Promise<void> {
    return this.followCases.run(tx, events);
  }
}
