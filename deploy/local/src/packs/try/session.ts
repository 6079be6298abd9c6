import { caseAfter, type CaseView, type EventDraft, type EventEnvelope, isCaseEvent, NEW_CASE, subjectOf } from '@gongdan/contracts';
import { iso } from '@gongdan/kernel';
import {
  advance,
  available,
  type Case,
  type Decided,
  NeedsLoads,
  openCase,
  openTasks,
  react,
  SYSTEM,
  type View,
  wake,
} from '@gongdan/engine';
import { caseFacts, type Facts, factsAfter, ticketFacts } from '@gongdan/packs';
import { type PackFormat2, type SampleDirectoryData } from '@gongdan/packs/format2';
import { Words } from '../draw/words.js';
import { type Speech, type TextKey } from '../texts.js';
import { type ClockSaid, TriedClocks } from './clocks.js';
import { instantOf, localOf } from './instants.js';
import { type Line, Misunderstood, parse, valueOf } from './lines.js';
import { plannedOf, registeredOf } from './registering.js';
import { isRefusal, Refusals } from './refusals.js';
import { People } from './people.js';
import { Standing } from './standing.js';
import { askedBy, toldAs } from './told.js';

export { Misunderstood } from './lines.js';

/** After one line; more is a loop. */
const MOST_BY_ITSELF = 500;

/** One ticket on the pure engine: each line does one thing and answers what happened. Clocks run while the session waits. */
export class TrySession {
  private readonly people: People;
  private readonly words: Words;
  private at: number;
  private c: Case | undefined;
  private decisions = 0;
  private clocks: TriedClocks;
  private readonly place: Standing;
  private readonly refusals: Refusals;
  /** The last line was refused by the engine. */
  refused = false;
  /** What clocks may ask, as sla gathers it from the events. */
  private facts: Facts = {};
  private position: CaseView = NEW_CASE;

  constructor(
    private readonly pack: PackFormat2,
    private readonly sample: SampleDirectoryData,
    private readonly speech: Speech,
    at = Date.parse('2026-03-02T01:00:00.000Z'),
  ) {
    this.people = new People(sample, speech);
    this.words = new Words(pack, speech.lang, sample);
    this.clocks = new TriedClocks(pack);
    this.place = new Standing(pack, this.words, speech);
    this.refusals = new Refusals(pack, this.words, speech);
    this.at = at;
  }

  /** Whether a ticket was registered. */
  get begun(): boolean {
    return this.c !== undefined;
  }

  /** Carries out one line and answers what to print. Throws `Misunderstood`; a refusal of the engine is an answer. */
  run(text: string): string[] {
    this.refused = false;
    const line = parse(text, this.speech);
    if (line === undefined) return [];
    // An action may have the name of a command; who does it, or with what, tells them apart.
    if (this.c !== undefined && line.verb !== 'register' && this.isAction(line)) return this.action(line);
    if (line.verb === 'help') return this.say('try.help').split('\n');
    if (line.verb === 'register') return this.register(line);
    if (line.verb === 'wait') return this.wait(text);
    if (this.c === undefined) throw new Misunderstood(this.say('try.noTicket'));
    if (line.verb === 'show') return this.standing();
    if (line.verb === 'event') return this.event(text, line);
    return this.action(line);
  }

  private isAction({ verb, values, as }: Line): boolean {
    return Object.hasOwn(this.pack.process.actions, verb) && (as !== undefined || Object.keys(values).length > 0);
  }

  private say(key: TextKey, values?: Record<string, string | number>): string {
    return this.speech.say(key, values);
  }

  private get now(): string {
    return new Date(this.at).toISOString();
  }

  private view(people: readonly string[] = []): View {
    return { directory: this.people.directory, loads: new Map(people.map((p) => [p, { open: 0 }])), seal: (value) => value };
  }

  /** Decides, and lets clocks and reactions follow. When a pick asks for loads, everybody is free. */
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
    return done.events.flatMap((e) => [
      this.say('try.told', { name: toldAs(e) }),
      ...askedBy(e).map((what) => this.say('try.asks', { what })),
      ...this.heardByClocks(e.name, e.data as Record<string, unknown>),
      ...this.extended(e),
    ]);
  }

  /** What sla does when the process asks it for more time. */
  private extended({ name, data }: EventDraft): string[] {
    const { kind, body } = data as { kind?: string; body?: unknown };
    return name === 'dispatch.request-asked' && kind === 'extend' ? this.heardByReactions(this.clocks.extend(body, this.now)) : [];
  }

  /** Clocks hear the event; what they say is heard by reactions. */
  private heardByClocks(name: string, data: Record<string, unknown>): string[] {
    const event = { name, data } as unknown as EventEnvelope;
    if (isCaseEvent(event)) {
      this.position = caseAfter(this.position, event);
      this.facts = factsAfter(this.pack.catalogue, this.facts, event, this.position);
    }
    const facts = { ...this.facts, event: data, case: isCaseEvent(event) ? caseFacts(this.position) : undefined };
    return this.heardByReactions(this.clocks.hear(name, this.now, facts, this.case.run));
  }

  private heardByReactions(said: readonly ClockSaid[]): string[] {
    return said.flatMap((s) =>
      this.decide((view) =>
        react(this.pack, view, this.case, { name: s.name, data: { ...s.data }, occurredAt: s.at, depth: 0, ...subjectOf(s) }, this.now, {
          decisions: this.decisions,
        }),
      ),
    );
  }

  private register({ values, as }: Line): string[] {
    const planned = values['plan'] !== undefined;
    const by = planned ? SYSTEM.id : as === undefined ? (this.sample.people[0]?.id ?? 'somebody') : this.people.acting(as, this.now).id;
    const unit = values['unit'] ?? this.sample.people.find((p) => p.id === by)?.memberships[0]?.unit;
    const registered = planned
      ? plannedOf(this.pack, values, this.now, this.speech)
      : registeredOf(this.pack, { ...values, ...(unit === undefined ? {} : { unit }) }, this.now, this.speech);
    this.decisions = 0;
    this.clocks = new TriedClocks(this.pack);
    this.position = NEW_CASE;
    this.facts = ticketFacts(this.pack.catalogue, registered as never);
    const lines = this.decide((view) =>
      openCase(this.pack, view, { org: 'try', ticketId: '00000000-0000-5000-8000-000000000001', registeredBy: by }, registered, this.now),
    );
    const byClocks = this.heardByReactions(this.clocks.hear('intake.ticket-registered', this.now, { ...this.facts, event: registered }, 1));
    return [...lines, ...byClocks, ...this.standing()];
  }

  /** Time passes: what is due in between happens at its instant, in order. */
  private wait(text: string): string[] {
    const until = this.later(text.trim().replace(/^wait\s*(until\s+)?/, ''));
    if (until === undefined || until < this.at) throw new Misunderstood(this.say('try.wait'));
    const lines: string[] = [];
    for (let n = 0; this.c !== undefined; n++) {
      const [sleeper, point] = [this.sleeper(iso(until)), this.clocks.next(iso(until))];
      const sleeps = sleeper !== undefined && (point === undefined || sleeper.at <= point.at);
      const next = sleeps ? sleeper : point;
      if (next === undefined) break;
      if (n === MOST_BY_ITSELF) throw new Misunderstood(this.say('try.loop', { n }));
      this.at = Math.max(this.at, Date.parse(next.at));
      const at = localOf(this.pack, this.now);
      if (sleeps) lines.push(this.say('try.wakes', { at, task: sleeper.task }), ...this.wake(sleeper));
      else if (point !== undefined) {
        const clock = this.words.clock(point.key);
        lines.push(this.say(point.point === 'due' ? 'try.breaches' : 'try.warns', { at, clock, point: point.point }));
        lines.push(...this.heardByReactions(this.clocks.fire(point)));
      }
    }
    this.at = until;
    return [...lines, this.say('try.now', { at: localOf(this.pack, this.now) }), ...(this.c === undefined ? [] : this.standing())];
  }

  /** Undefined for what is no length of time, and for one beyond the calendar. */
  private later(text: string): number | undefined {
    try {
      return instantOf(this.pack, this.at, text);
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  private wake(task: { task: number; sleeps: number }): string[] {
    return this.decide(
      (view) =>
        wake(this.pack, view, this.case, task, this.now, { decisions: this.decisions }) ?? {
          state: this.case,
          events: [],
          records: [],
          claims: [],
        },
    );
  }

  private sleeper(until: string): { task: number; sleeps: number; at: string } | undefined {
    const asleep = (this.c === undefined ? [] : openTasks(this.c)).flatMap(({ no, sleeps, sleepsUntil: at }) =>
      at !== undefined && at <= until ? [{ task: no, sleeps, at }] : [],
    );
    return asleep.sort((a, b) => (a.at < b.at ? -1 : 1))[0];
  }

  private get case(): Case {
    if (this.c === undefined) throw new Misunderstood(this.say('try.noTicket'));
    return this.c;
  }

  private event(text: string, { values }: Line): string[] {
    const name = text.trim().split(/\s+/)[1] ?? '';
    const data = { ...values, threshold: values['threshold'] ?? 'due' };
    const lines = this.decide((view) => {
      const done = react(this.pack, view, this.case, { name, data, occurredAt: this.now, depth: 0 }, this.now, {
        decisions: this.decisions,
      });
      const [skipped] = done.skipped;
      if (done.events.length === 0)
        throw new Misunderstood(
          skipped
            ? this.say('try.skipped', { reaction: skipped.reaction, why: skipped.why })
            : this.say('try.unheard', { name, list: this.heard() }),
        );
      return done;
    });
    return [...lines, ...this.standing()];
  }

  /** The events that reactions hear. */
  private heard(): string {
    const events = Object.values(this.pack.process.reactions ?? {}).flatMap((r) => [r.on].flat());
    return [...new Set(events)].join(', ') || this.say('try.nothing');
  }

  private action({ verb, values, as, task }: Line): string[] {
    const { actions } = this.pack.process;
    const able = this.people
      .all(this.now)
      .filter((p) => this.sees(p.id) && available(this.pack, this.view(), this.case, p, this.now).some((a) => a.action === verb));
    const actor = as === undefined ? (able[0] ?? this.people.all(this.now)[0] ?? SYSTEM) : this.people.acting(as, this.now);
    if (as !== undefined && !this.sees(as)) {
      this.refused = true;
      return [this.people.refusal(this.case, as, this.now)];
    }
    const fields = this.pack.forms?.[actions[verb]?.form ?? '']?.fields ?? {};
    const input = Object.fromEntries(Object.entries(values).map(([k, v]) => [k, valueOf(fields[k], v, this.speech)]));
    try {
      const lines = this.decide((view) =>
        advance(this.pack, view, this.case, { action: verb, input, task }, actor, this.now, { decisions: this.decisions }),
      );
      return [this.say('try.by', { name: this.words.act(verb), key: verb, person: actor.id }), ...lines, ...this.standing()];
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.refused = true;
      return [
        this.say('try.refused', {
          code: error.code,
          why: this.refusals.why(
            error,
            able.map((p) => p.id),
            [...this.offers().keys()],
          ),
        }),
      ];
    }
  }

  private sees(id: string): boolean {
    return this.people.sees(this.case, id, this.now);
  }

  /** What can be done now, and who may. */
  private offers(): Map<string, string[]> {
    const offers = new Map<string, string[]>();
    for (const p of this.people.all(this.now).filter(({ id }) => this.sees(id)))
      for (const { action, task } of available(this.pack, this.view(), this.case, p, this.now)) {
        const key = task === undefined ? action : `${action} task=${task}`;
        offers.set(key, [...(offers.get(key) ?? []), p.id]);
      }
    return offers;
  }

  private standing(): string[] {
    return this.place.lines(this.case, this.clocks.all, this.offers(), this.at);
  }
}
