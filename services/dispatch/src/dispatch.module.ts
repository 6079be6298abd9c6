import { Module } from '@nestjs/common';
import { type ServiceDefinition } from '@gongdan/platform';
import { readConfig } from './config.js';
import { CasesController } from './entry/cases.controller.js';
import { EventsController } from './entry/events.controller.js';
import { PacksController } from './entry/packs.controller.js';
import { TasksController } from './entry/tasks.controller.js';
import { CasesStore } from './store/cases.store.js';
import { ListsStore } from './store/lists.store.js';
import { packsMigration } from './store/migrations/0100-packs.js';
import { casesMigration } from './store/migrations/0101-cases.js';
import { manualRoutesMigration } from './store/migrations/0102-manual-routes.js';
import { PacksStore } from './store/packs.store.js';
import { CheckPack } from './use-cases/check-pack.js';
import { ActOnCase } from './use-cases/act-on-case.js';
import { AmendCase } from './use-cases/amend-case.js';
import { GetCase } from './use-cases/get-case.js';
import { ListDecisions } from './use-cases/list-decisions.js';
import { ListPacks } from './use-cases/list-packs.js';
import { ListTasks } from './use-cases/list-tasks.js';
import { OpenCases } from './use-cases/open-cases.js';
import { PublishPack } from './use-cases/publish-pack.js';
import { RouteCase } from './use-cases/route-case.js';
import { WithdrawCase } from './use-cases/withdraw-case.js';

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
    ListPacks,
  ],
})
export class DispatchModule {}

export const dispatch: ServiceDefinition<ReturnType<typeof readConfig>> = {
  name: 'dispatch',
  module: DispatchModule,
  config: readConfig,
  migrations: [packsMigration, casesMigration, manualRoutesMigration],
};
