import { Controller } from '@nestjs/common';
import { type CaseEvent, directory, dispatch, type EventOf } from '@gongdan/contracts';
import { type DirectoryEvent, DirectoryRegistry, type HandlerContext, OnEvents, PackRegistry } from '@gongdan/messaging';
import { SystemClock } from '@gongdan/platform';
import { AnswerRequests } from '../use-cases/requests/answer-requests.js';
import { TicketCounter } from './ticket-counter.js';
import { FollowPlans } from '../use-cases/plans/follow-plans.js';
import { FollowCases } from '../use-cases/tickets/follow-cases.js';

@Controller()
export class EventsController {
  constructor(
    private readonly directories: DirectoryRegistry,
    private readonly packs: PackRegistry,
    private readonly followPlans: FollowPlans,
    private readonly followCases: FollowCases,
    private readonly answerRequests: AnswerRequests,
    private readonly counter: TicketCounter,
    private readonly clock: SystemClock,
  ) {}

  @OnEvents(...directory.DIRECTORY_EVENTS)
  directoryChanged(events: DirectoryEvent[], { tx }: HandlerContext): Promise<void> {
    return this.directories.add(tx, events);
  }

  @OnEvents(dispatch.PackPublished)
  async packPublished(events: EventOf<typeof dispatch.PackPublished>[], { tx }: HandlerContext): Promise<void> {
    await this.packs.add(tx, events);
    await this.followPlans.run(tx, events);
  }

  @OnEvents(...dispatch.CASE_EVENTS)
  async caseMoved(events: CaseEvent[], { tx }: HandlerContext): Promise<void> {
    // First, so that what is copied from the asking ticket is as dispatch has left it.
    await this.followCases.run(tx, events);
    const registered = await this.answerRequests.run(tx, events.filter(isRequest), this.clock.now());
    if (registered > 0) tx.afterCommit(() => this.counter.registered('process', registered));
  }
}

function isRequest(event: CaseEvent): event is EventOf<typeof dispatch.RequestAsked> {
  return event.name === dispatch.RequestAsked.name;
}
