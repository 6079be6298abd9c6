import { Module } from '@nestjs/common';
import { type ServiceDefinition } from '@gongdan/platform';
import { readConfig } from './config.js';
import { CaseGauges } from './entry/case-gauges.js';
import { CasesController } from './entry/cases.controller.js';
import { EventsController } from './entry/events.controller.js';
import { PacksController } from './entry/packs.controller.js';
import { TasksController } from './entry/tasks.controller.js';
import { CasesStore } from './store/cases.store.js';
import { ListsStore } from './store/lists.store.js';
import { packsMigration } from './store/migrations/0100-packs.js';
import { casesMigration } from './store/migrations/0101-cases.js';
import { manualRoutesMigration } from './store/migrations/0102-manual-routes.js';
import { openCasesMigration } from './store/migrations/0103-open-cases.js';
import { PacksStore } from './store/packs.store.js';
import { CheckPack } from './use-cases/packs/check-pack.js';
import { ActOnCase } from './use-cases/cases/act-on-case.js';
import { AmendCase } from './use-cases/cases/amend-case.js';
import { GetCase } from './use-cases/cases/get-case.js';
import { ListDecisions } from './use-cases/cases/list-decisions.js';
import { ListPacks } from './use-cases/packs/list-packs.js';
import { CountCases } from './use-cases/lists/count-cases.js';
import { ListTasks } from './use-cases/lists/list-tasks.js';
import { OpenCases } from './use-cases/cases/open-cases.js';
import { PublishPack } from './use-cases/packs/publish-pack.js';
import { RouteCase } from './use-cases/cases/route-case.js';
import { WithdrawCase } from './use-cases/cases/withdraw-case.js';

@Module({
  controllers: [CasesController, TasksController, PacksController, EventsController],
  providers: [
    PacksStore,
    CasesStore,
    ListsStore,
    CheckPack,
    PublishPack,
    OpenCases,
    AmendCase,
    WithdrawCase,
    ActOnCase,
    RouteCase,
    GetCase,
    ListDecisions,
    ListTasks,
    CountCases,
    CaseGauges,
    ListPacks,
  ],
})
export class DispatchModule {}

export const dispatch: ServiceDefinition<ReturnType<typeof readConfig>> = {
  name: 'dispatch',
  module: DispatchModule,
  config: readConfig,
  migrations: [packsMigration, casesMigration, manualRoutesMigration, openCasesMigration],
};
