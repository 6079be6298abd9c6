import { Controller } from '@nestjs/common';
import { directory, dispatch, type EventOf } from '@gongdan/contracts';
import { type DirectoryEvent, DirectoryRegistry, type HandlerContext, OnEvents, PackRegistry } from '@gongdan/messaging';
import { SystemClock } from '@gongdan/platform';
import { TRIGGER_EVENTS, type TriggerEvent } from '../domain/ticket.js';
import { KeepClocks } from '../use-cases/keep-clocks.js';

@Controller()
export class EventsController {
  constructor(
    private readonly directories: DirectoryRegistry,
    private readonly clock: SystemClock,
    private readonly packs: PackRegistry,
    private readonly keepClocks: KeepClocks,
  ) {}

  @OnEvents(...directory.DIRECTORY_EVENTS)
  directoryChanged(events: DirectoryEvent[], { tx }: HandlerContext): Promise<void> {
    return this.directories.add(tx, events);
  }

  @OnEvents(dispatch.PackPublished)
  packPublished(events: EventOf<typeof dispatch.PackPublished>[], { tx }: HandlerContext): Promise<void> {
    return this.packs.add(tx, events);
  }

  @OnEvents(...TRIGGER_EVENTS)
  ticketMoved(events: TriggerEvent[], { tx }: HandlerContext): Promise<void> {
    return this.keepClocks.run(tx, events, this.clock.now());
  }
}
