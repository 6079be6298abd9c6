import { Module } from '@nestjs/common';
import { directoryMigrations, DirectoryRegistryModule, PackRegistryModule, packRegistryMigrations } from '@gongdan/messaging';
import { type ServiceDefinition } from '@gongdan/platform';
import { readConfig } from './config.js';
import { ClockGauges } from './entry/clock-gauges.js';
import { ClocksController } from './entry/clocks.controller.js';
import { EventsController } from './entry/events.controller.js';
import { FireDueJob } from './entry/fire-due.job.js';
import { ClockListsStore } from './store/clock-lists.store.js';
import { ClocksStore } from './store/clocks.store.js';
import { DuePointsStore } from './store/due-points.store.js';
import { clocks } from './store/migrations/0100-clocks.js';
import { warned } from './store/migrations/0101-warned.js';
import { clocksOver } from './store/migrations/0102-clocks-over.js';
import { pointPartitions } from './store/migrations/0103-point-partitions.js';
import { failingPoints } from './store/migrations/0104-failing-points.js';
import { extensions } from './store/migrations/0105-extensions.js';
import { runs } from './store/migrations/0106-runs.js';
import { CountClocks } from './use-cases/count-clocks.js';
import { FireDue } from './use-cases/fire-due.js';
import { KeepClocks } from './use-cases/keep-clocks.js';
import { ReadClocks } from './use-cases/read-clocks.js';

@Module({
  imports: [PackRegistryModule, DirectoryRegistryModule],
  controllers: [ClocksController, EventsController],
  providers: [ClocksStore, ClockListsStore, DuePointsStore, KeepClocks, FireDue, ReadClocks, FireDueJob, CountClocks, ClockGauges],
})
export class SlaModule {}

export const sla: ServiceDefinition<ReturnType<typeof readConfig>> = {
  name: 'sla',
  module: SlaModule,
  config: readConfig,
  // The instants of a clock come from its events, so a clock is exact although its start arrives 100 ms later (docs/benchmarks.md, steady rates).
  gatherMs: 100,
  migrations: [
    ...packRegistryMigrations,
    ...directoryMigrations,
    clocks,
    warned,
    clocksOver,
    pointPartitions,
    failingPoints,
    extensions,
    runs,
  ],
};
