import { Module } from '@nestjs/common';
import { type ServiceDefinition } from '@gongdan/platform';
import { readConfig } from './config.js';
import { EventsController } from './entry/events.controller.js';
import { ReportsController } from './entry/reports.controller.js';
import { projections } from './store/migrations/0100-projections.js';
import { ProjectionsStore } from './store/projections.store.js';
import { CountTickets } from './use-cases/count-tickets.js';
import { ExportTickets } from './use-cases/export-tickets.js';
import { ProjectEvents } from './use-cases/project-events.js';
import { Rebuild } from './use-cases/rebuild.js';
import { SearchTickets } from './use-cases/search-tickets.js';

@Module({
  controllers: [ReportsController, EventsController],
  providers: [ProjectionsStore, ProjectEvents, SearchTickets, CountTickets, ExportTickets, Rebuild],
})
export class ReportingModule {}

export const reporting: ServiceDefinition<ReturnType<typeof readConfig>> = {
  name: 'reporting',
  module: ReportingModule,
  config: readConfig,
  migrations: [projections],
};
