import { Controller } from '@nestjs/common';
import { type EventOf, intake, sla } from '@gongdan/contracts';
import { type HandlerContext, OnEvent, OnEvents } from '@gongdan/messaging';
import { SystemClock } from '@gongdan/platform';
import { AmendCase } from '../use-cases/events/amend-case.js';
import { KeepDueInstants } from '../use-cases/events/keep-due-instants.js';
import { KeepLinks } from '../use-cases/events/keep-links.js';
import { NoteAnswers } from '../use-cases/events/note-answers.js';
import { OpenCases } from '../use-cases/events/open-cases.js';
import { ReactToEvents } from '../use-cases/events/react-to-events.js';
import { WithdrawCase } from '../use-cases/events/withdraw-case.js';

/** What reactions and conditions of packs may ask of clocks, and what the work lists are sorted by. */
const CLOCK_EVENTS = [
  sla.ClockStarted,
  sla.ClockPaused,
  sla.ClockResumed,
  sla.ClockWarned,
  sla.ClockBreached,
  sla.ClockStopped,
  sla.ClockCancelled,
  sla.ClockExtended,
] as const;

/** What services answer to requests of processes. */
const ANSWERS = [intake.RequestAnswered, sla.RequestAnswered] as const;

type LinkEvents = (EventOf<typeof intake.TicketLinked> | EventOf<typeof intake.TicketUnlinked>)[];

@Controller()
export class EventsController {
  constructor(
    private readonly clock: SystemClock,
    private readonly openCases: OpenCases,
    private readonly amendCase: AmendCase,
    private readonly withdrawCase: WithdrawCase,
    private readonly reactToEvents: ReactToEvents,
    private readonly keepLinks: KeepLinks,
    private readonly keepDueInstants: KeepDueInstants,
    private readonly noteAnswers: NoteAnswers,
  ) {}

  @OnEvents(intake.TicketRegistered)
  registered(events: EventOf<typeof intake.TicketRegistered>[], { tx }: HandlerContext): Promise<void> {
    return this.openCases.run(tx, events, this.clock.now());
  }

  @OnEvent(intake.TicketAmended)
  async amended(event: EventOf<typeof intake.TicketAmended>, { tx }: HandlerContext): Promise<void> {
    await this.amendCase.run(tx, event, this.clock.now());
    await this.reactToEvents.run(tx, [event], this.clock.now());
  }

  @OnEvent(intake.TicketWithdrawn)
  async withdrawn(event: EventOf<typeof intake.TicketWithdrawn>, { tx }: HandlerContext): Promise<void> {
    await this.withdrawCase.run(tx, event, this.clock.now());
    await this.reactToEvents.run(tx, [event], this.clock.now());
  }

  @OnEvents(intake.TicketLinked, intake.TicketUnlinked)
  async links(events: LinkEvents, { tx }: HandlerContext): Promise<void> {
    await this.keepLinks.run(tx, events);
    await this.reactToEvents.run(tx, events, this.clock.now());
  }

  @OnEvents(...CLOCK_EVENTS)
  async clocks(events: EventOf<(typeof CLOCK_EVENTS)[number]>[], { tx }: HandlerContext): Promise<void> {
    const packs = await this.keepDueInstants.run(tx, events);
    await this.reactToEvents.run(tx, events, this.clock.now(), packs);
  }

  @OnEvents(...ANSWERS)
  answers(events: EventOf<(typeof ANSWERS)[number]>[], { tx }: HandlerContext): Promise<void> {
    return this.noteAnswers.run(tx, events, this.clock.now());
  }
}
