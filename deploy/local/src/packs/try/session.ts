import { type AppError } from '@gongdan/kernel';
import { Directory, type DirectoryRows } from '@gongdan/directory';
import {
  type Acting,
  actingOf,
  advance,
  available,
  type Case,
  type Decided,
  type Holder,
  leadOf,
  NeedsLoads,
  openCase,
  openTasks,
  react,
  type Registered,
  SYSTEM,
  type View,
  wake,
} from '@gongdan/engine';
import { priorityOf } from '@gongdan/packs';
import { type FormField, type PackFormat2, type SampleDirectoryData } from '@gongdan/packs/format2';
import { type Lang, Words } from '../draw/words.js';

/** A line that cannot be carried out; its message is for the person who wrote it. */
export class Misunderstood extends Error {}

interface Line {
  verb: string;
  values: Record<string, string>;
  as?: string;
  task?: number;
}

const DAY = 86_400_000;
const LENGTHS: Readonly<Record<string, number>> = { min: 60_000, h: 3_600_000, d: DAY, wd: DAY, mo: 30 * DAY };

/** One ticket on the pure engine: each line does one thing and answers what happened. Nothing is stored and no service runs; clocks do not run by themselves. */
export class TrySession {
  private readonly directory: Directory;
  private readonly words: Words;
  private at: number;
  private c: Case | undefined;
  private decisions = 0;

  constructor(
    private readonly pack: PackFormat2,
    private readonly sample: SampleDirectoryData,
    lang: Lang,
    at = Date.parse('2026-03-02T01:00:00.000Z'),
  ) {
    const { units, people } = sample;
    const memberships = people.flatMap((p) => p.memberships.map((m) => ({ person: p.id, ...m })));
    this.directory = Directory.of({ units, people: people.map(({ id, name }) => ({ id, name })), memberships } as unknown as DirectoryRows);
    this.words = new Words(pack, lang, sample);
    this.at = at;
  }

  /** Whether a ticket was registered. */
  get begun(): boolean {
    return this.c !== undefined;
  }

  /** Carries out one line and answers what to print. Throws `Misunderstood`; a refusal of the engine is an answer. */
  run(text: string): string[] {
    const line = parse(text);
    if (line === undefined) return [];
    if (line.verb === 'help') return HELP;
    if (line.verb === 'register') return this.register(line);
    if (line.verb === 'wait') return this.wait(text);
    if (this.c === undefined) throw new Misunderstood('no ticket yet: register type=… category=…');
    if (line.verb === 'show') return this.standing();
    if (line.verb === 'event') return this.event(text, line);
    return this.action(line);
  }

  private get now(): string {
    return new Date(this.at).toISOString();
  }

  private view(people: readonly string[] = []): View {
    return { directory: this.directory, loads: new Map(people.map((p) => [p, { open: 0 }])), seal: (value) => value };
  }

  /** Decides; when a pick asks for loads, everybody is free. */
  private decide(work: (view: View) => Decided): string[] {
    let done: Decided;
    try {
      done = work(this.view());
    } catch (error) {
      if (!(error instanceof NeedsLoads)) throw error;
      done = work(this.view(this.sample.people.map((p) => p.id)));
    }
    this.c = done.state;
    this.decisions += done.records.length;
    return [...done.events.map((e) => `  told: ${e.name}`), ...this.standing()];
  }

  private register({ values, as }: Line): string[] {
    const { catalogue, pack, intake } = this.pack;
    const need = (key: string, known: readonly { key: string }[]): string => {
      const value = values[key] ?? known[0]?.key ?? '';
      if (!known.some((k) => k.key === value)) throw new Misunderstood(`${key} is one of ${known.map((k) => k.key).join(', ')}`);
      return value;
    };
    const by = as ?? this.sample.people[0]?.id ?? 'somebody';
    const unit = values['unit'] ?? this.sample.people.find((p) => p.id === by)?.memberships[0]?.unit;
    const attributes = Object.fromEntries((intake.attributes ?? []).flatMap((a) => (values[a.key] === undefined ? [] : [[a.key, a.type === 'number' ? Number(values[a.key]) : a.type === 'boolean' ? values[a.key] === 'true' : values[a.key]]]))); // prettier-ignore
    const place = Object.fromEntries(
      Object.entries(values).flatMap(([k, v]) => (k.startsWith('place.') ? [[k.slice(6), /itude$/.test(k) ? Number(v) : v]] : [])),
    );
    const { urgency, impact, item } = values;
    const registered = {
      number: 'TRY-1',
      pack: { key: pack.key, version: pack.version },
      channel: values['channel'] ?? intake.defaultChannel,
      type: need('type', catalogue.types),
      category: need('category', catalogue.categories),
      priority: values['priority'] ?? priorityOf(catalogue, urgency, impact),
      ...(urgency === undefined ? {} : { urgency }),
      ...(impact === undefined ? {} : { impact }),
      ...(item === undefined ? {} : { item }),
      title: values['title'] ?? 'A ticket to try',
      description: values['description'] ?? '-',
      language: pack.language,
      hasEmail: true,
      contactSealed: '-',
      registeredAt: this.now,
      ...(unit === undefined ? {} : { unit }),
      ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
      ...(Object.keys(place).length > 0 ? { place } : {}),
    } as Registered;
    this.decisions = 0;
    return this.decide((view) =>
      openCase(this.pack, view, { org: 'try', ticketId: '00000000-0000-5000-8000-000000000001', registeredBy: by }, registered, this.now),
    );
  }

  private wait(text: string): string[] {
    const [, n = '', unit = ''] = /^wait\s+(\d+)(min|h|d|wd|mo)\s*$/.exec(text.trim()) ?? [];
    if (n === '') throw new Misunderstood('wait 30min, 4h or 3d');
    this.at += Number(n) * (LENGTHS[unit] ?? 0);
    const lines = [`It is ${this.now}.`];
    for (let due = this.sleeper(); due !== undefined; due = this.sleeper()) {
      const task = due;
      lines.push(
        `  task ${task.task} wakes up`,
        ...this.decide(
          (view) =>
            wake(this.pack, view, this.case, task, this.now, { decisions: this.decisions }) ?? {
              state: this.case,
              events: [],
              records: [],
              claims: [],
            },
        ),
      );
    }
    return lines;
  }

  private sleeper(): { task: number; sleeps: number } | undefined {
    const due = this.c && openTasks(this.c).find((t) => t.sleepsUntil !== undefined && t.sleepsUntil <= this.now);
    return due && { task: due.no, sleeps: due.sleeps };
  }

  private get case(): Case {
    if (this.c === undefined) throw new Misunderstood('no ticket yet: register type=… category=…');
    return this.c;
  }

  private event(text: string, { values }: Line): string[] {
    const name = text.trim().split(/\s+/)[1] ?? '';
    const data = { ...values, threshold: values['threshold'] ?? 'due' };
    return this.decide((view) => {
      const done = react(this.pack, view, this.case, { name, data, occurredAt: this.now, depth: 0 }, this.now, {
        decisions: this.decisions,
      });
      if (done.events.length === 0)
        throw new Misunderstood(
          done.skipped.length > 0
            ? `reaction ${done.skipped[0]?.reaction ?? ''} did not run: ${done.skipped[0]?.why ?? ''}`
            : `no reaction hears ${name}`,
        );
      return done;
    });
  }

  private action({ verb, values, as, task }: Line): string[] {
    const { actions } = this.pack.process;
    const able = this.people().filter((p) => available(this.pack, this.view(), this.case, p, this.now).some((a) => a.action === verb));
    const actor = as === undefined ? (able[0] ?? this.people()[0] ?? SYSTEM) : this.acting(as);
    const fields = this.pack.forms?.[actions[verb]?.form ?? '']?.fields ?? {};
    const input = Object.fromEntries(Object.entries(values).map(([k, v]) => [k, valueOf(fields[k], v)]));
    try {
      const lines = this.decide((view) =>
        advance(this.pack, view, this.case, { action: verb, input, task }, actor, this.now, { decisions: this.decisions }),
      );
      return [`${this.words.act(verb)} (${verb}) by ${actor.id}`, ...lines];
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const { violations, details } = error;
      return [`REFUSED ${error.code}: ${JSON.stringify(violations.length > 0 ? violations : details).slice(0, 400)}`];
    }
  }

  private people(): Acting[] {
    return this.sample.people.map((p) => this.acting(p.id));
  }

  private acting(id: string): Acting {
    const person = this.sample.people.find((p) => p.id === id);
    if (!person)
      throw new Misunderstood(`${id} is nobody of sample-directory.yaml; there are ${this.sample.people.map((p) => p.id).join(', ')}`);
    return actingOf(this.directory, { id, name: person.name, roles: [], units: [] }, this.now);
  }

  /** Where the ticket stands, and who may do what. */
  private standing(): string[] {
    const c = this.case;
    const w = this.words;
    const lead = leadOf(c);
    const lines = [`[${w.step(c.step)}] ${c.step} (${c.state})${lead ? ` held by ${this.holder(lead.holder)}` : ''}`];
    for (const t of openTasks(c).filter((x) => !x.lead))
      lines.push(`  side task ${t.no}: [${w.step(t.step)}] ${t.step} held by ${this.holder(t.holder)}`);
    const offers = new Map<string, string[]>();
    for (const p of this.people())
      for (const { action, task } of available(this.pack, this.view(), c, p, this.now)) {
        const key = task === undefined ? action : `${action} task=${task}`;
        offers.set(key, [...(offers.get(key) ?? []), p.id]);
      }
    for (const [key, ids] of offers)
      lines.push(`  can: ${key}${this.asks(key.split(' ')[0] ?? '')}  — ${ids.slice(0, 4).join(', ')}${ids.length > 4 ? ' …' : ''}`);
    return lines;
  }

  private asks(action: string): string {
    const form = this.pack.forms?.[this.pack.process.actions[action]?.form ?? ''];
    return Object.entries(form?.fields ?? {}).map(([key, f]) => ` ${f.required === true ? key : `[${key}]`}=${f.choices ? Object.keys(f.choices).join('|') : f.type}`).join(''); // prettier-ignore
  }

  private holder({ unit, role, person, waitsFor }: Holder): string {
    const waits = waitsFor === undefined ? [] : [`waits for ${typeof waitsFor === 'string' ? waitsFor : `group ${waitsFor.group}`}`];
    return (
      [...(person ? [person] : []), ...(role ? [`role ${role}`] : []), ...(unit ? [`unit ${unit}`] : []), ...waits].join(', ') || 'nobody'
    );
  }
}

const HELP = [
  'register [type=…] [category=…] [as person]   a new ticket',
  '<action> [field=value …] [task=no] [as person]   without "as" the first who may',
  'wait 4h   moves the clock; sleeping tasks wake up',
  'event sla.clock-breached clock=…   what another service would say',
  'show · help · quit',
];

/** `verb key=value key="a value" as person`; undefined for an empty line or a comment. */
function parse(text: string): Line | undefined {
  const words = text.replace(/^\s*#.*$/, '').match(/[^\s"=]+="(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  const [verb, ...rest] = words;
  if (verb === undefined) return undefined;
  const line: Line = { verb, values: {} };
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i] ?? '';
    const next = rest[i + 1];
    if (word === 'as' && next !== undefined) [line.as, i] = [next, i + 1];
    else {
      const [key = '', ...value] = word.split('=');
      const given = value.join('=');
      if (key === 'task' && /^\d+$/.test(given)) line.task = Number(given);
      else if (value.length > 0) line.values[key] = given.startsWith('"') ? (JSON.parse(given) as string) : given;
      else if (verb !== 'event' && verb !== 'wait')
        throw new Misunderstood(`${word}: write field=value, with quotes around a value with blanks`);
    }
  }
  return line;
}

function valueOf(field: FormField | undefined, text: string): unknown {
  if (text.startsWith('{') || text.startsWith('[')) return JSON.parse(text) as unknown;
  if (field?.type === 'number' || field?.type === 'money') return Number(text);
  if (field?.type === 'boolean') return text === 'true' || text === 'yes';
  if (field?.type === 'choices' || field?.type === 'units') return text.split(',');
  return text;
}

function isRefusal(error: unknown): error is AppError {
  return error instanceof Error && 'kind' in error && 'code' in error;
}
