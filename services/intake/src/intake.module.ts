import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { directoryMigrations, DirectoryRegistryModule, PackRegistryModule, packRegistryMigrations } from '@gongdan/messaging';
import { type ServiceDefinition } from '@gongdan/platform';
import { type IntakeConfig, readConfig } from './config.js';
import { EventsController } from './entry/events.controller.js';
import { ForgetAnswersJob } from './entry/forget-answers.job.js';
import { ImportWorker } from './entry/imports/import-worker.js';
import { ImportGauges } from './entry/imports/import-gauges.js';
import { ImportsController } from './entry/imports/imports.controller.js';
import { ImportsJob } from './entry/imports/imports.job.js';
import { TicketCounter } from './entry/ticket-counter.js';
import { PublicStatusController } from './entry/public-status.controller.js';
import { LinksController } from './entry/links.controller.js';
import { PlansController } from './entry/plans/plans.controller.js';
import { PacksHeard } from './entry/plans/packs-heard.js';
import { PlanGauges } from './entry/plans/plan-gauges.js';
import { RegisterPlannedJob } from './entry/plans/register-planned.job.js';
import { RewindPlansJob } from './entry/plans/rewind-plans.job.js';
import { TicketsController } from './entry/tickets.controller.js';
import { AcceptGate } from './store/accept-gate.js';
import { LinksStore } from './store/links.store.js';
import { ImportsStore } from './store/imports/imports.store.js';
import { tickets } from './store/migrations/0100-tickets.js';
import { imports } from './store/migrations/0101-imports.js';
import { importTries } from './store/migrations/0102-import-tries.js';
import { ticketLists } from './store/migrations/0103-ticket-lists.js';
import { noTicketHistory } from './store/migrations/0104-no-ticket-history.js';
import { importAccounts } from './store/migrations/0105-import-accounts.js';
import { numbersInAnyCase } from './store/migrations/0106-numbers-in-any-case.js';
import { numbersInAnyWriting } from './store/migrations/0107-numbers-in-any-writing.js';
import { sequencesOfTheOwner } from './store/migrations/0108-sequences-of-the-owner.js';
import { ticketLinks } from './store/migrations/0109-ticket-links.js';
import { plans } from './store/migrations/0110-plans.js';
import { planOfATicket } from './store/migrations/0111-plan-of-a-ticket.js';
import { unreadPlans } from './store/migrations/0112-unread-plans.js';
import { UnreadPlansJob } from './entry/plans/unread-plans.job.js';
import { PlanPointsStore } from './store/plans/plan-points.store.js';
import { PlansStore } from './store/plans/plans.store.js';
import { TicketsStore } from './store/tickets.store.js';
import { AmendTicket } from './use-cases/tickets/amend-ticket.js';
import { FollowCases } from './use-cases/tickets/follow-cases.js';
import { ForgetAnswers } from './use-cases/tickets/forget-answers.js';
import { ImportRows } from './use-cases/imports/import-rows.js';
import { GetPublicStatus } from './use-cases/tickets/public-status.js';
import { ClaimImports } from './use-cases/imports/claim-imports.js';
import { CountImports } from './use-cases/imports/count-imports.js';
import { ManageImports } from './use-cases/imports/manage-imports.js';
import { LinkTickets } from './use-cases/links/link-tickets.js';
import { ListLinks } from './use-cases/links/list-links.js';
import { UnlinkTickets } from './use-cases/links/unlink-tickets.js';
import { CountPlans } from './use-cases/plans/count-plans.js';
import { FollowPlans } from './use-cases/plans/follow-plans.js';
import { ListPlans } from './use-cases/plans/list-plans.js';
import { RegisterPlanned } from './use-cases/plans/register-planned.js';
import { RewindPlans } from './use-cases/plans/rewind-plans.js';
import { AnswerRequests } from './use-cases/requests/answer-requests.js';
import { ReadTickets } from './use-cases/tickets/read-tickets.js';
import { RegisterTicket } from './use-cases/tickets/register-ticket.js';
import { WithdrawTicket } from './use-cases/tickets/withdraw-ticket.js';

@Module({
  imports: [PackRegistryModule, DirectoryRegistryModule, ScheduleModule.forRoot()],
  controllers: [TicketsController, LinksController, PlansController, PublicStatusController, ImportsController, EventsController],
  providers: [
    AcceptGate,
    TicketsStore,
    LinksStore,
    ImportsStore,
    PlansStore,
    PlanPointsStore,
    FollowPlans,
    RegisterPlanned,
    PacksHeard,
    RegisterPlannedJob,
    RewindPlans,
    RewindPlansJob,
    UnreadPlansJob,
    CountPlans,
    ListPlans,
    PlanGauges,
    ImportRows,
    ClaimImports,
    ImportWorker,
    TicketCounter,
    ManageImports,
    ImportsJob,
    ForgetAnswersJob,
    RegisterTicket,
    AmendTicket,
    WithdrawTicket,
    ReadTickets,
    AnswerRequests,
    LinkTickets,
    UnlinkTickets,
    ListLinks,
    GetPublicStatus,
    FollowCases,
    ForgetAnswers,
    CountImports,
    ImportGauges,
  ],
})
export class IntakeModule {}

export const intake: ServiceDefinition<IntakeConfig> = {
  name: 'intake',
  module: IntakeModule,
  config: readConfig,
  // Intake only shows what the other services did with a ticket, and 100 ms are little to a reader (docs/benchmarks.md, steady rates).
  gatherMs: 100,
  migrations: [
    ...packRegistryMigrations,
    ...directoryMigrations,
    tickets,
    imports,
    importTries,
    ticketLists,
    noTicketHistory,
    importAccounts,
    numbersInAnyCase,
    numbersInAnyWriting,
    sequencesOfTheOwner,
    ticketLinks,
    plans,
    planOfATicket,
    unreadPlans,
  ],
};
