import { Module } from '@nestjs/common';
import { directoryMigrations, DirectoryRegistryModule } from '@gongdan/messaging';
import { type ServiceDefinition } from '@gongdan/platform';
import { readConfig } from './config.js';
import { EventsController } from './entry/events.controller.js';
import { LedgerController } from './entry/ledger.controller.js';
import { LiveListeners } from './entry/live-listeners.js';
import { LiveController } from './entry/live.controller.js';
import { RebuildController } from './entry/rebuild.controller.js';
import { ReportsController } from './entry/reports.controller.js';
import { FiguresStore } from './store/figures.store.js';
import { LedgerStore } from './store/ledger.store.js';
import { projections } from './store/migrations/0100-projections.js';
import { packsAndNumbers } from './store/migrations/0101-packs-and-numbers.js';
import { casesOfTasks } from './store/migrations/0130-cases-of-tasks.js';
import { ledger } from './store/migrations/0140-ledger.js';
import { ticketTexts } from './store/migrations/0150-ticket-texts.js';
import { fieldsOfRoles } from './store/migrations/0160-fields-of-roles.js';
import { PacksStore } from './store/packs.store.js';
import { ProjectionsStore, storedEventIds } from './store/projections.store.js';
import { RebuildsStore } from './store/rebuilds.store.js';
import { Replay } from './store/replay.js';
import { TextsStore } from './store/texts.store.js';
import { TicketsStore } from './store/tickets.store.js';
import { ZonesStore } from './store/zones.store.js';
import { CopyTexts } from './use-cases/copy-texts.js';
import { CountTickets } from './use-cases/count-tickets.js';
import { ExportTickets } from './use-cases/export-tickets.js';
import { KeepPacks } from './use-cases/keep-packs.js';
import { ProjectEvents } from './use-cases/project-events.js';
import { Rebuild } from './use-cases/rebuild.js';
import { SearchTickets } from './use-cases/search-tickets.js';
import { SumLedger } from './use-cases/sum-ledger.js';

@Module({
  imports: [DirectoryRegistryModule],
  controllers: [ReportsController, LedgerController, LiveController, RebuildController, EventsController],
  providers: [
    ProjectionsStore,
    TicketsStore,
    FiguresStore,
    LedgerStore,
    ZonesStore,
    PacksStore,
    RebuildsStore,
    Replay,
    TextsStore,
    ProjectEvents,
    KeepPacks,
    SearchTickets,
    CountTickets,
    SumLedger,
    ExportTickets,
    CopyTexts,
    Rebuild,
    LiveListeners,
  ],
})
export class ReportingModule {}

export const reporting: ServiceDefinition<ReturnType<typeof readConfig>> = {
  name: 'reporting',
  module: ReportingModule,
  config: readConfig,
  // No service waits for what this one does, and 100 ms are little to a mail or a figure (docs/benchmarks.md, steady rates).
  gatherMs: 100,
  storedEventIds,
  migrations: [...directoryMigrations, projections, packsAndNumbers, casesOfTasks, ledger, ticketTexts, fieldsOfRoles],
};
