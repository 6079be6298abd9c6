import { Directory, type DirectoryRows } from '@gongdan/directory';
import { type Acting, actingOf, advance, available, type Case, type Command, openCase, type View } from '@gongdan/engine';
import { type FormField, type PackFormat2, type SampleDirectoryData } from '@gongdan/packs/format2';

/** One action that the engine accepted, with all that it decided from but the directory: it can be decided again and again. */
export interface Accepted {
  before: Case;
  command: Command;
  actor: Acting;
  now: string;
}

const START = Date.parse('2026-03-02T01:00:00.000Z');
const MOST_ACTIONS = 12;

/** Draws the same numbers in each run. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** What the rules may ask of the organisation of the sample directory. */
export function viewOf(sample: SampleDirectoryData): View {
  return { directory: Directory.of(rowsOf(sample)), loads: new Map(sample.people.map((p) => [p.id, { open: 0 }])), seal: () => 'sealed' };
}

/** Runs tickets through a pack by actions drawn from those that somebody may do, until they are closed or have had 12, and returns all that were accepted. */
export function journeys(pack: PackFormat2, sample: SampleDirectoryData, tickets: number): Accepted[] {
  const random = randomOf(42);
  const of = <T>(list: readonly T[]): T | undefined => list[random(list.length)];
  const view = viewOf(sample);
  const { directory } = view;
  const tokens = [
    ...sample.people.map((p) => ({ id: p.id, name: p.name, roles: p.memberships.flatMap((m) => m.roles), units: [] })),
    { id: 'robot', roles: ['machine', 'admin', 'supervisor'], units: [] },
  ];
  const all: Accepted[] = [];
  for (let t = 0; t < tickets; t++) {
    const opened = instant(t * 60_000);
    let c = openCase(
      pack,
      view,
      { org: 'bench', ticketId: `019d2c1e-6f3a-7c55-9d0b-${String(t).padStart(12, '0')}` },
      registered(t),
      opened,
    ).state;
    for (let n = 1; n <= MOST_ACTIONS && c.phase === 'open'; n++) {
      const now = instant(t * 60_000 + n * 600_000);
      const step = oneAction(c, now);
      if (step === undefined) break;
      all.push(step.accepted);
      c = step.after;
    }
  }
  return all;

  function oneAction(c: Case, now: string): { accepted: Accepted; after: Case } | undefined {
    const offers = tokens.flatMap((token) => {
      const actor = actingOf(directory, token, now);
      return available(pack, view, c, actor, now).map((offer) => ({ actor, offer }));
    });
    for (let tries = 0; tries < 12 && offers.length > 0; tries++) {
      const [{ actor, offer } = { actor: undefined, offer: undefined }] = offers.splice(random(offers.length), 1);
      if (actor === undefined) break;
      const form = pack.process.actions[offer.action]?.form;
      const fields = form === undefined ? [] : Object.entries(pack.forms?.[form]?.fields ?? {});
      for (const filled of [fields.filter(([, f]) => f.required === true), fields.filter(([, f]) => f.required !== undefined), fields]) {
        const command: Command = { ...offer, input: Object.fromEntries(filled.map(([key, f]) => [key, valueOf(f, now)])) };
        try {
          const { state } = advance(pack, view, c, command, actor, now, { decisions: 0 });
          return { accepted: { before: c, command, actor, now }, after: state };
        } catch {
          // Refused with this input: the next one, or another action.
        }
      }
    }
    return undefined;
  }

  function registered(t: number): Parameters<typeof openCase>[3] {
    const { types, categories, defaultPriority } = pack.catalogue;
    return {
      number: `GD202603${String(t).padStart(6, '0')}`,
      pack: { key: pack.pack.key, version: pack.pack.version },
      channel: 'phone',
      type: of(types)?.key ?? '',
      category: of(categories)?.key ?? '',
      priority: defaultPriority,
      title: 'No connection in the evening 晚间断网',
      description: '',
      language: 'zh-CN',
      hasEmail: false,
      registeredAt: instant(t * 60_000),
    };
  }

  function valueOf(field: FormField | NonNullable<FormField['columns']>[string], now: string): unknown {
    switch (field.type) {
      case 'text':
        return 'Nothing else was found on site. 现场未发现其他问题。'.slice(0, field.max ?? 100);
      case 'number':
      case 'money':
        return field.min ?? 1;
      case 'boolean':
        return random(2) === 1;
      case 'choice':
        return of(Object.keys(field.choices ?? { customer: 1 }));
      case 'choices':
        return [of(Object.keys(field.choices ?? {}))];
      case 'date':
        return now.slice(0, 10);
      case 'instant':
        return instant(Date.parse(now) - START + 86_400_000);
      case 'duration':
        return '1d';
      case 'person':
        return of(sample.people)?.id;
      case 'unit':
        return of(sample.units)?.key;
      case 'units':
        return [of(sample.units)?.key];
      case 'category':
        return of(pack.catalogue.categories)?.key;
      case 'table':
        return [Object.fromEntries(Object.entries(field.columns ?? {}).map(([key, column]) => [key, valueOf(column, now)]))];
      // Receipts of files are signed by intake.
      default:
        return undefined;
    }
  }
}

const instant = (ms: number): string => new Date(START + ms).toISOString();

function rowsOf({ units, people }: SampleDirectoryData): DirectoryRows {
  const memberships = people.flatMap((p) => p.memberships.map((m) => ({ ...m, person: p.id })));
  // Shift, skills and the like are optional in both; the sample says "undefined" where the rows leave out.
  return { units, people: people.map(({ id, name }) => ({ id, name })), memberships } as unknown as DirectoryRows;
}
