import { Module } from '@nestjs/common';
import { directoryMigrations, DirectoryRegistryModule } from '@gongdan/messaging';
import { type ServiceDefinition } from '@gongdan/platform';
import { readConfig } from './config.js';
import { BulkController } from './entry/cases/bulk.controller.js';
import { CaseGauges } from './entry/cases/case-gauges.js';
import { CasesController } from './entry/cases/cases.controller.js';
import { DirectoryDeputiesController } from './entry/directory/deputies.controller.js';
import { DirectoryDoor } from './entry/directory/directory-door.js';
import { DirectoryFilesController } from './entry/directory/directory-files.controller.js';
import { FillDirectoryJob } from './entry/directory/fill-directory.job.js';
import { DirectoryMembershipsController } from './entry/directory/memberships.controller.js';
import { DirectoryPeopleController } from './entry/directory/people.controller.js';
import { DirectoryPresenceController } from './entry/directory/presence.controller.js';
import { DirectoryUnitsController } from './entry/directory/units.controller.js';
import { ForgetOldRowsJob } from './entry/jobs/forget-old-rows.job.js';
import { EventsController } from './entry/events.controller.js';
import { WakeDueJob } from './entry/jobs/wake-due.job.js';
import { RequeueTasksJob } from './entry/jobs/requeue-tasks.job.js';
import { SubmissionsController } from './entry/cases/submissions.controller.js';
import { PacksController } from './entry/packs.controller.js';
import { TasksController } from './entry/cases/tasks.controller.js';
import { ActionKeysStore } from './store/idempotency/action-keys.store.js';
import { CaseDesk } from './store/cases/case-desk.js';
import { CasesStore } from './store/cases/cases.store.js';
import { DirectoryStore } from './store/directory.store.js';
import { DueInstantsStore } from './store/work/due-instants.store.js';
import { ListsStore } from './store/cases/lists.store.js';
import { ReactionCounter } from './store/cases/reaction-counter.js';
import { LinksStore } from './store/cases/links.store.js';
import { DueTasksStore } from './store/work/due-tasks.store.js';
import { dueTasksMigration } from './store/migrations/0120-due-tasks.js';
import { packsMigration } from './store/migrations/0100-packs.js';
import { casesMigration } from './store/migrations/0101-cases.js';
import { manualRoutesMigration } from './store/migrations/0102-manual-routes.js';
import { openCasesMigration } from './store/migrations/0103-open-cases.js';
import { directoryAuditMigration } from './store/migrations/0110-directory-audit.js';
import { versionsOfTheStream } from './store/migrations/0130-versions-of-the-stream.js';
import { submissionsMigration } from './store/migrations/0150-submissions.js';
import { requeueWorkMigration } from './store/migrations/0160-requeue-work.js';
import { removedMembershipsMigration } from './store/migrations/0170-removed-memberships.js';
import { cascadeChainsMigration } from './store/migrations/0245-cascade-chains.js';
import { turnsOfTicketWorkMigration } from './store/migrations/0246-turns-of-ticket-work.js';
import { directoryUnderLockMigration } from './store/migrations/0247-directory-under-lock.js';
import { oldRowsMigration } from './store/migrations/0248-old-rows.js';
import { oldJobsByKindMigration } from './store/migrations/0249-old-jobs-by-kind.js';
import { ticketJobsMigration } from './store/migrations/0230-ticket-jobs.js';
import { WorkBell } from './store/work/work-bell.js';
import { TicketJobsStore } from './store/work/ticket-jobs.store.js';
import { CascadesStore } from './store/work/cascades.store.js';
import { WorkOnTickets } from './use-cases/work/work-on-tickets.js';
import { WorkOnTicketsJob } from './entry/jobs/work-on-tickets.job.js';
import { dueInstantsMigration } from './store/migrations/0200-due-instants.js';
import { ticketLinksMigration } from './store/migrations/0190-ticket-links.js';
import { indexesOfOldListsMigration } from './store/migrations/0210-indexes-of-old-lists.js';
import { sleepingTasksMigration } from './store/migrations/0220-sleeping-tasks.js';
import { engineMigration } from './store/migrations/0140-engine.js';
import { PacksStore } from './store/packs.store.js';
import { RequeueStore } from './store/work/requeue.store.js';
import { SealedContacts } from './store/sealed-contacts.js';
import { ChangeEntry } from './use-cases/directory/change-entry.js';
import { FillDirectory } from './use-cases/directory/fill-directory.js';
import { ImportEntries } from './use-cases/directory/import-entries.js';
import { ListEntries } from './use-cases/directory/list-entries.js';
import { ListStaff } from './use-cases/directory/list-staff.js';
import { CheckPack } from './use-cases/packs/check-pack.js';
import { ActInBulk } from './use-cases/cases/act-in-bulk.js';
import { ActOnCase } from './use-cases/cases/act-on-case.js';
import { AmendCase } from './use-cases/events/amend-case.js';
import { KeepDueInstants } from './use-cases/events/keep-due-instants.js';
import { KeepLinks } from './use-cases/events/keep-links.js';
import { GetCase } from './use-cases/cases/get-case.js';
import { ExplainDecision } from './use-cases/routing/explain-decision.js';
import { AskWhatIf } from './use-cases/routing/ask-what-if.js';
import { ReplayController } from './entry/routing/replay.controller.js';
import { PastDecisionsStore } from './store/decisions/past-decisions.store.js';
import { ReplayDecisions } from './use-cases/routing/replay-decisions.js';
import { RoutingController } from './entry/routing/routing.controller.js';
import { ListDecisions } from './use-cases/cases/list-decisions.js';
import { ListMissing } from './use-cases/packs/list-missing.js';
import { ListPacks } from './use-cases/packs/list-packs.js';
import { CountCases } from './use-cases/lists/count-cases.js';
import { ListTasks } from './use-cases/lists/list-tasks.js';
import { NoteAnswers } from './use-cases/events/note-answers.js';
import { OpenCases } from './use-cases/events/open-cases.js';
import { PublishPack } from './use-cases/packs/publish-pack.js';
import { ForgetOldRows } from './use-cases/work/forget-old-rows.js';
import { NextTask } from './use-cases/lists/next-task.js';
import { SubmitUpdate } from './use-cases/cases/submit-update.js';
import { SubmissionsStore } from './store/idempotency/submissions.store.js';
import { ReactToEvents } from './use-cases/events/react-to-events.js';
import { RequeueTasks } from './use-cases/work/requeue-tasks.js';
import { WakeTasks } from './use-cases/work/wake-tasks.js';
import { RepackCase } from './use-cases/cases/repack-case.js';
import { WithdrawCase } from './use-cases/events/withdraw-case.js';

@Module({
  imports: [DirectoryRegistryModule],
  controllers: [
    CasesController,
    RoutingController,
    ReplayController,
    SubmissionsController,
    BulkController,
    TasksController,
    PacksController,
    DirectoryUnitsController,
    DirectoryPeopleController,
    DirectoryMembershipsController,
    DirectoryDeputiesController,
    DirectoryPresenceController,
    DirectoryFilesController,
    EventsController,
  ],
  providers: [
    PacksStore,
    DirectoryStore,
    SealedContacts,
    ChangeEntry,
    ImportEntries,
    FillDirectory,
    ListEntries,
    ListStaff,
    DirectoryDoor,
    FillDirectoryJob,
    CasesStore,
    DueTasksStore,
    WakeTasks,
    WakeDueJob,
    RequeueStore,
    RequeueTasks,
    RequeueTasksJob,
    TicketJobsStore,
    WorkBell,
    CascadesStore,
    WorkOnTickets,
    WorkOnTicketsJob,
    DueInstantsStore,
    ListsStore,
    PastDecisionsStore,
    CheckPack,
    PublishPack,
    OpenCases,
    AmendCase,
    WithdrawCase,
    ActOnCase,
    ReactToEvents,
    LinksStore,
    ReactionCounter,
    KeepDueInstants,
    KeepLinks,
    NoteAnswers,
    SubmitUpdate,
    RepackCase,
    ActInBulk,
    SubmissionsStore,
    NextTask,
    CaseDesk,
    ActionKeysStore,
    ForgetOldRows,
    ForgetOldRowsJob,
    GetCase,
    ListDecisions,
    ExplainDecision,
    AskWhatIf,
    ReplayDecisions,
    ListTasks,
    CountCases,
    CaseGauges,
    ListPacks,
    ListMissing,
  ],
})
export class DispatchModule {}

export const dispatch: ServiceDefinition<ReturnType<typeof readConfig>> = {
  name: 'dispatch',
  module: DispatchModule,
  config: readConfig,
  migrations: [
    ...directoryMigrations,
    packsMigration,
    casesMigration,
    manualRoutesMigration,
    openCasesMigration,
    directoryAuditMigration,
    versionsOfTheStream,
    dueTasksMigration,
    engineMigration,
    submissionsMigration,
    requeueWorkMigration,
    removedMembershipsMigration,
    ticketLinksMigration,
    dueInstantsMigration,
    indexesOfOldListsMigration,
    sleepingTasksMigration,
    ticketJobsMigration,
    cascadeChainsMigration,
    turnsOfTicketWorkMigration,
    directoryUnderLockMigration,
    oldRowsMigration,
    oldJobsByKindMigration,
  ],
  insertOnly: ['directory_audit'],
};
