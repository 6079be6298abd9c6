import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packFolder } from '@gongdan/packs/files';
import { Client, PROJECT, publishPack, runImport, SERVICES, type ServiceName } from 'gongdan';
import { pause, type Run, withStack } from './bench.js';
import { cpuMs, cpuMsWithChildren, memoryMb, pidOf } from './machine.js';
import { type Figure, n } from './report.js';

const REAL = join(PROJECT, '../shared/data/baltimore-311.csv');

interface BusView {
  lagTotal: number;
  outbox: { rows: number };
  parked: { rows: number };
  gaps: { rows: number };
}

/** Imports ten thousand requests of a city and waits until all five services are quiet. */
export async function importCity(run: Run): Promise<Figure[]> {
  return withStack(run, { services: SERVICES }, async (stack) => {
    const client = new Client(stack.home, stack.urls);
    await publishPack(client, 'city-311');
    const file = existsSync(REAL) ? REAL : generatedFile(stack.home.dir('city.csv'));
    const cpuBefore = new Map(SERVICES.map((s) => [s, cpuMs(pidOf(stack, s))]));
    const postgresBefore = cpuMsWithChildren(pidOf(stack, 'postgres'));
    const kafkaBefore = cpuMs(pidOf(stack, 'kafka'));
    const begin = performance.now();
    const view = await runImport(client, { file, pack: 'city-311', mapping: join(packFolder('city-311'), 'mapping.json') });
    const read = (performance.now() - begin) / 1_000;
    run.log(`all rows are imported after ${n(read, 1)} s`);
    const quietAt = await quietTimes(client);
    const seconds = Math.max(...[...quietAt.values()].map((at) => (at - begin) / 1_000));
    const each = SERVICES.map((s) => {
      const cpu = (cpuMs(pidOf(stack, s)) - (cpuBefore.get(s) ?? 0)) / 1_000;
      return `${s}: quiet at ${n(((quietAt.get(s) ?? begin) - begin) / 1_000, 1)} s, ${n(cpu, 1)} s of CPU, ${n(memoryMb(pidOf(stack, s)).peak)} MB at its peak`;
    });
    return [
      {
        what: `Import of ${n(view.rows)} rows until all five services are quiet`,
        target: 'reported',
        measured: `${n(seconds, 1)} s, ${n(view.created / seconds)} tickets/s`,
        notes: [
          file === REAL
            ? 'The city file `baltimore-311.csv`.'
            : 'The city file is not on this machine: a generated file of its shape and size.',
          `${n(view.created)} created, ${n(view.rejected)} rejected, ${n(view.noted)} with a remark; intake had read and stored all rows after ${n(read, 1)} s (${n(view.rows / read)} rows/s).`,
          ...each,
          `Postgres: ${n((cpuMsWithChildren(pidOf(stack, 'postgres')) - postgresBefore) / 1_000, 1)} s of CPU; Kafka: ${n((cpuMs(pidOf(stack, 'kafka')) - kafkaBefore) / 1_000, 1)} s.`,
          'Quiet: every service has an empty outbox, no lag and no gap, twice in a row.',
        ],
      },
    ];
  });
}

/** The instant at which each service was last seen busy; resolves when all were quiet twice in a row. */
async function quietTimes(client: Client): Promise<Map<ServiceName, number>> {
  const busyAt = new Map<ServiceName, number>(SERVICES.map((s) => [s, performance.now()]));
  const end = performance.now() + 300_000;
  for (let quiet = 0; quiet < 2;) {
    const busy = await Promise.all(SERVICES.map(async (s) => [s, await isBusy(client, s)] as const));
    for (const [s, yes] of busy) if (yes) busyAt.set(s, performance.now());
    quiet = busy.some(([, yes]) => yes) ? 0 : quiet + 1;
    if (performance.now() > end)
      throw new Error(
        `still busy after 300 s: ${busy
          .filter(([, yes]) => yes)
          .map(([s]) => s)
          .join(', ')}`,
      );
    await pause(250);
  }
  return busyAt;
}

async function isBusy(client: Client, service: ServiceName): Promise<boolean> {
  const bus = await client.must<BusView>(service, 'GET', '/v1/ops/bus', { as: 'ops' });
  if (bus.parked.rows > 0) throw new Error(`${service} parked ${bus.parked.rows} events`);
  return bus.lagTotal > 0 || bus.outbox.rows > 0 || bus.gaps.rows > 0;
}

const HEADER =
  'SRRecordID,ServiceRequestNum,SRType,MethodReceived,CreatedDate,SRStatus,StatusDate,DueDate,CloseDate,Agency,LastActivity,LastActivityDate,Outcome,Address,ZipCode,Neighborhood,CouncilDistrict,PoliceDistrict,PolicePost,Latitude,Longitude,GeoLocation';

function generatedFile(file: string): string {
  const types = ['SW-Dirty Alley', 'SW-Bulk Scheduled', 'TRT-Traffic Signal Repairs'];
  const rows = Array.from({ length: 10_000 }, (_, i) => {
    const date = `${String((i % 12) + 1).padStart(2, '0')}/${String((i % 28) + 1).padStart(2, '0')}/2015`;
    const closed = i % 7 !== 0;
    return [
      `X${i}`,
      `15-${i}`,
      types[i % 3],
      ['Phone', 'API', 'Web'][i % 3],
      `${date} 0${(i % 9) + 1}:30:00 AM`,
      closed ? 'Closed' : 'Open',
      '',
      `${date} 10:00:00 PM`,
      closed ? `${date} 1${i % 2}:15:00 PM` : '',
      ['Solid Waste', 'Transportation'][i % 2],
      '',
      '',
      '',
      `${i} Main St`,
      '21215',
      'Dorchester',
      '6',
      '',
      '',
      '39',
      '-77',
      '',
    ].join(',');
  });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${HEADER}\n${rows.join('\n')}\n`);
  return file;
}
