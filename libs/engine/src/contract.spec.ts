import { readdirSync } from 'node:fs';
import { caseAfter, type CaseEvent, type CaseView, eventByName } from '@gongdan/contracts';
import { Directory, type DirectoryRows } from '@gongdan/directory';
import { AppError, idOf, plusMs } from '@gongdan/kernel';
import { type Pack } from '@gongdan/packs';
import { readPackFolder } from '@gongdan/packs/files';
import { type FormField, PackFormat2, type SampleDirectoryData } from '@gongdan/packs/format2';
import { describe, expect, it } from '@jest/globals';
import { advance, available } from './advance.js';
import { registered } from './cases.suite.js';
import { actingOf } from './env.js';
import { type Case } from './model.js';
import { openCase } from './open-case.js';
import { type Decided } from './tell.js';

const FOLDER = new URL('../../packs/processes/', import.meta.url);
const START = '2026-03-02T01:00:00.000Z';

/** The same walk for the same seed. */
function chance(seed: number): { below(n: number): number; of<T>(list: readonly T[]): T } {
  let state = seed;
  const below = (n: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.floor((state / 0x8000_0000) * n);
  };
  return { below, of: (list) => list[below(list.length)] as never };
}

function valueOf(field: FormField, now: string, people: string[], units: string[], luck: ReturnType<typeof chance>): unknown {
  const choice = luck.of(Object.keys(field.choices ?? { x: 1 }));
  switch (field.type) {
    case 'text':
      return 'text';
    case 'number':
    case 'money':
      return field.min ?? 1;
    case 'boolean':
      return luck.below(2) === 0;
    case 'choice':
      return choice;
    case 'choices':
      return [choice];
    case 'date':
      return '2026-06-01';
    case 'instant':
      return plusMs(now, 86_400_000);
    case 'duration':
      return '2h';
    case 'person':
      return luck.of(people);
    case 'unit':
      return luck.of(units);
    case 'units':
      return [luck.of(units)];
    default:
      return undefined;
  }
}

/** Random people do what they are offered, with random input; returns what was decided. */
function walk(pack: Pack, sample: SampleDirectoryData, seed: number, steps: number): Decided[] {
  const luck = chance(seed);
  const people = sample.people.map((p) => p.id);
  const units = sample.units.map((u) => u.key);
  const memberships = sample.people.flatMap((p) => (p.memberships ?? []).map((m) => ({ person: p.id, ...m })));
  const directory = Directory.of({
    units: sample.units,
    people: sample.people.map(({ id, name }) => ({ id, name })),
    memberships,
  } as DirectoryRows);
  const view = {
    directory,
    loads: new Map(people.map((p) => [p, { open: 0 }])),
    seal: (value: unknown) => `sealed:${JSON.stringify(value)}`,
  };
  const { catalogue, intake, process, forms } = pack;
  const registration = registered({
    pack: { key: pack.pack.key, version: pack.pack.version },
    ...{ channel: luck.of(intake.channels).key, type: luck.of(catalogue.types).key, category: luck.of(catalogue.categories).key },
    ...{ priority: luck.of(catalogue.priorities), unit: luck.of(units), registeredAt: START },
  });
  const decided = [openCase(pack, view, { org: 'demo', ticketId: idOf('walk', seed) }, registration, START)];
  let now = START;
  for (let i = 0; i < steps; i++) {
    now = plusMs(now, (1 + luck.below(5)) * 3_600_000);
    const c = decided.at(-1)?.state as Case;
    const who = luck.of(people);
    const actor = actingOf(directory, { id: who, name: who, roles: [], units: [] }, now);
    const offers = available(pack, view, c, actor, now);
    if (offers.length === 0) continue;
    const offer = luck.of(offers);
    const form = process.actions[offer.action]?.form;
    const fields = Object.entries((form === undefined ? undefined : forms?.[form]?.fields) ?? {}).filter(
      ([, f]) => f.required === true || luck.below(2) === 0,
    );
    const input = Object.fromEntries(
      fields.map(([key, f]) => [key, valueOf(f, now, people, units, luck)]).filter(([, v]) => v !== undefined),
    );
    try {
      decided.push(advance(pack, view, c, { ...offer, input }, actor, now, { decisions: 0 }));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
    }
  }
  return decided;
}

describe.each(readdirSync(FOLDER))('what is told about cases of the pack %s', (folder) => {
  const { json, directory } = readPackFolder(new URL(folder, FOLDER).pathname);
  const pack: Pack = { sla: { calendars: [], clocks: [] }, ...PackFormat2.parse(json) } as Pack;

  it('fits the contract, counts the stream, has one lead while open, and folds to the position of the case', () => {
    for (let seed = 1; seed <= 12; seed++) {
      let version = 0;
      let view: CaseView | undefined;
      for (const { events, state } of walk(pack, directory as SampleDirectoryData, seed, 25)) {
        for (const event of events) {
          const { org, ticketId, occurredAt, data } = event;
          eventByName(event.name)?.of({ org, ticketId, occurredAt, data: data as never });
          view = caseAfter(view, event as unknown as CaseEvent);
          const { case: now } = event.data as CaseEvent['data'];
          expect(now.version).toBe(++version);
          expect([now.lead !== undefined, now.burns !== undefined]).toEqual([now.phase === 'open', now.phase === 'open']);
        }
        expect(view).toMatchObject({ step: state.step, state: state.state, phase: state.phase, run: state.run, version: state.version });
      }
    }
  });
});
