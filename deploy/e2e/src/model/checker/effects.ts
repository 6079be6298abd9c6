import { type EffectSpec, type GroupSpec, type Holder, type HolderRule, holderText, sameHolder, type Position } from './documents.js';
import { factOf, holds, UNKNOWN } from './facts.js';
import { allowed, type Allowed, withoutWaiting } from './holders.js';
import { type GroupState, type Look, type Run, type TaskState } from './run.js';

/** The checker met something that it cannot decide, and says so instead of guessing. */
export class Lost extends Error {}

/** One decision, played again by the documents of the pack. Who was chosen is taken from the stream, when the rule allows him. */
export class Replay {
  readonly told: string[] = [];
  readonly problems: string[] = [];
  readonly touched = new Set<number>();
  readonly changed = new Set<string>();
  private readonly opened: number[] = [];
  private readonly toJudge: number[] = [];
  arrived = false;
  transferred = false;
  unroutable = false;
  reopened = false;

  constructor(
    readonly run: Run,
    readonly x: Look,
    /** Where the stream says the case stands after the decision. */
    private readonly after: Position,
    /** Holders of tasks that were opened here, by no, as the events of the decision tell them. */
    private readonly openedAs: ReadonlyMap<number, Holder>,
    readonly cause: { kind: string; key: string },
    readonly acting: number | undefined,
  ) {}

  effects(list: readonly EffectSpec[]): void {
    this.apply(list);
    while (this.toJudge.length > 0) {
      const no = this.toJudge.shift() ?? 0;
      const group = this.run.groups.find((g) => g.no === no);
      const verdict = group === undefined ? undefined : this.judge(group);
      this.apply((verdict === 'complete' ? group?.spec.then : verdict === 'refused' ? group?.spec.refused : undefined) ?? []);
    }
    const lead = this.run.lead();
    for (const no of this.opened) {
      const group = this.run.groups.find((g) => g.no === no);
      if (group === undefined) continue;
      if (lead === undefined && group.state === 'open') this.settle(group, 'void');
      else if (lead !== undefined) group.lead = lead.no;
    }
  }

  private apply(list: readonly EffectSpec[]): void {
    let moved = false;
    for (const effect of list) {
      if (effect.go !== undefined && moved) continue;
      const truth = holds(effect.when, this.look());
      if (truth === UNKNOWN) throw new Lost(`the condition of an effect: ${JSON.stringify(effect.when)}`);
      if (!truth) continue;
      const lead = this.run.lead();
      this.one(effect);
      if (effect.go !== undefined && this.run.lead() !== lead) moved = true;
    }
  }

  private look(): Look {
    const task = this.acting === undefined ? this.run.lead() : this.run.tasks.find((t) => t.no === this.acting);
    return { ...this.x, task };
  }

  private one(e: EffectSpec): void {
    if (e.go !== undefined) this.go(e);
    else if (e.open !== undefined) this.open(e.open);
    else if (e.end !== undefined) for (const t of this.addressed(e.step)) this.end(t, e.end);
    else if (e.assign !== undefined) for (const t of this.addressed(e.step)) this.assign(t, e.assign);
    else if (e.set !== undefined) this.set(e.set);
    else if (e.sleep !== undefined)
      for (const t of this.addressed(e.step)) {
        if (e.sleep.waitsFor !== undefined) t.holder = { ...t.holder, waitsFor: e.sleep.waitsFor };
        this.touched.add(t.no);
        this.told.push(`task-slept ${t.no}`);
      }
    else if (e.charge !== undefined || e.extend !== undefined || e.register !== undefined || e.link !== undefined)
      this.told.push(`request-asked ${['charge', 'extend', 'register', 'link'].find((k) => k in e)}`);
    else throw new Lost(`an effect ${Object.keys(e).join()}`);
  }

  private addressed(step: string | undefined): TaskState[] {
    if (step !== undefined) return this.run.openTasks().filter((t) => t.step === step);
    const { task } = this.look();
    return task === undefined || task.ended !== undefined ? [] : [task];
  }

  private set(values: Record<string, unknown>): void {
    for (const [name, given] of Object.entries(values)) {
      const value = typeof given === 'object' && given !== null ? factOf(this.look(), (given as { fact: string }).fact) : given;
      if (value === undefined) continue;
      if (value === null) delete this.run.fields[name];
      else this.run.fields[name] = value;
      this.changed.add(name);
    }
  }

  /** The holder that the stream names for a task, if the rule allows him; what the rule says where the stream does not name the task. */
  private choose(no: number, found: Allowed, rule: string): Holder | undefined {
    const told = this.openedAs.get(no);
    if (told === undefined) return found.holders[0];
    const is = Object.keys(told).length === 0 ? undefined : told;
    const fits = is === undefined ? found.nobody : found.any === true || found.holders.some((h) => sameHolder(h, is));
    if (!fits)
      this.problems.push(
        `task ${no} is held by ${is === undefined ? 'nobody' : holderText(is)}; ${rule} allows ${found.holders.map(holderText).join(' or ') || 'nobody'}`,
      );
    return is;
  }

  go(e: Pick<EffectSpec, 'go' | 'holder' | 'hop' | 'from'>): void {
    const { run } = this;
    const old = run.lead();
    if (e.from !== undefined && !e.from.includes(old?.step ?? run.step)) return;
    const previous = e.go === 'back' ? run.tasks.find((t) => t.no === old?.after) : undefined;
    if (e.go === 'back' && previous === undefined) {
      this.problems.push('it goes back, and nothing was before');
      return;
    }
    const key = previous?.step ?? e.go ?? '';
    const step = run.pack.process.steps[key];
    if (step === undefined) throw new Lost(`no step ${key}`);
    if (step.final === true) {
      this.close(key);
      return;
    }
    if (run.phase === 'closed') this.reopen();
    const popped = e.hop === 'up' ? this.pop() : undefined;
    const found =
      previous !== undefined && e.holder === undefined
        ? { holders: this.asItStands(previous.holder), nobody: Object.keys(previous.holder).length === 0, out: previous.out ?? [] }
        : popped !== undefined && e.holder === undefined
          ? { holders: [{ unit: popped }], nobody: false }
          : this.leadHolder(e.holder ?? step.holder, old);
    this.endLead(old);
    this.place(key, found, old, e.hop);
  }

  private leadHolder(rule: HolderRule | undefined, old: TaskState | undefined): Allowed {
    const found = allowed(rule, { ...this.look(), task: old }, old);
    const { unit } = this.run.ticket.data;
    if (rule !== undefined || found.holders.length > 0 || unit === undefined) return found;
    return { holders: [{ unit }], nobody: false };
  }

  private place(key: string, found: Allowed, old: TaskState | undefined, hop: 'down' | 'up' | undefined): void {
    const { run } = this;
    const no = run.lastTask + 1;
    const unroutable = run.pack.process.system.unroutable;
    const isLast = this.after.lead?.no === no;
    const nowhere = isLast ? this.after.step === unroutable && key !== unroutable : found.holders.length === 0;
    if (nowhere && !found.nobody)
      this.problems.push(`the lead is unroutable although ${found.holders.map(holderText).join(' or ')} can hold ${key}`);
    const step = nowhere ? unroutable : key;
    const holder = nowhere ? (this.openedAs.get(no) ?? {}) : (this.choose(no, found, `step ${key}`) ?? {});
    const task: TaskState = {
      no,
      step,
      lead: true,
      holder,
      fields: {},
      version: 0,
      ...(nowhere ? {} : { out: found.out ?? [] }),
      ...(old === undefined ? {} : { after: old.no }),
      ...(nowhere ? { wanted: key } : {}),
    };
    run.tasks.push(task);
    run.lastTask = no;
    this.touched.add(no);
    run.hold(task);
    run.step = step;
    run.state = run.pack.process.steps[step]?.state ?? 'in_progress';
    run.phase = 'open';
    const top = run.hops.at(-1)?.unit;
    const arrives = run.state === 'dispatched' || nowhere || (holder.unit !== undefined && holder.unit !== top);
    const transferred = this.transferred && holder.unit === top;
    if (arrives && !transferred) this.push(holder.unit, hop);
    if (transferred && !nowhere) return;
    if (nowhere) this.unroutable = true;
    else if (run.state === 'dispatched') this.arrived = true;
  }

  private push(unit: string | undefined, hop: 'down' | 'up' | undefined): void {
    if (hop === 'up') return;
    const { run } = this;
    const below = hop === 'down' ? run.hops : run.hops.slice(0, -1);
    run.lastHop += 1;
    run.hops = unit === undefined ? below : [...below, { unit, at: this.x.at }];
  }

  private pop(): string | undefined {
    const { run } = this;
    run.hops = run.hops.slice(0, -1);
    const below = run.hops.at(-1);
    if (below === undefined) this.problems.push('it goes up, and no unit handed the case down');
    return below?.unit;
  }

  private endLead(old: TaskState | undefined): void {
    if (old === undefined) return;
    old.ended = 'moved';
    for (const group of this.run.groups) if (group.state === 'open' && group.lead === old.no) this.settle(group, 'void');
  }

  private close(key: string): void {
    const { run } = this;
    const withdrawn = this.cause.kind === 'system' && this.cause.key === 'withdrawn';
    for (const g of run.groups)
      if (!withdrawn && g.state === 'open' && g.spec.blocksClosing === true)
        this.problems.push(`group ${g.key} is open and blocks closing`);
    this.endLead(run.lead());
    run.step = key;
    run.state = run.pack.process.steps[key]?.state ?? 'closed';
    run.phase = 'closed';
  }

  private reopen(): void {
    const { run } = this;
    run.run += 1;
    this.reopened = true;
    for (const [key, counter] of Object.entries(run.done))
      Object.assign(
        counter,
        key === this.cause.key
          ? { times: 1, byUnit: counter.unit === undefined ? {} : { [counter.unit]: 1 }, byTask: {} }
          : { times: 0, byUnit: {}, byTask: {} },
      );
  }

  /** The holder to whom it goes back; the pool as well when he may have left. */
  private asItStands(holder: Holder): Holder[] {
    const { person, ...pool } = holder;
    return person === undefined || this.run.people.certainlyActive(person, this.look().window) ? [holder] : [holder, pool];
  }

  private open(spec: GroupSpec): void {
    const { run } = this;
    const pending = spec.tasks.flatMap((task): GroupState['pending'] => {
      const truth = holds(task.when, this.look());
      if (truth === UNKNOWN) throw new Lost(`the condition of a planned task: ${JSON.stringify(task.when)}`);
      if (task.each !== undefined) throw new Lost('a task for each unit');
      return truth ? [{ task }] : [];
    });
    const group: GroupState = { key: spec.group, no: (run.lastGroup += 1), spec, pending, ended: [], state: 'open' };
    run.groups.push(group);
    this.told.push(`group-opened ${group.no}`);
    if (spec.outlives !== true) this.opened.push(group.no);
    if (spec.order === 'sequence') this.openNext(group);
    else for (const _ of [...pending]) this.openNext(group);
    if (!this.toJudge.includes(group.no)) this.toJudge.push(group.no);
  }

  private openNext(group: GroupState): void {
    const { run } = this;
    const next = group.pending.shift();
    if (next === undefined) return;
    const lead = run.lead();
    const no = (run.lastTask += 1);
    const rule = next.task.holder ?? run.pack.process.steps[next.task.step]?.holder;
    const found = allowed(rule, { ...this.look(), task: lead }, lead);
    const holder = this.choose(no, found, `group ${group.key}`) ?? {};
    const task: TaskState = {
      no,
      step: next.task.step,
      lead: false,
      group: { key: group.key, no: group.no },
      holder,
      // Without a rule of its own it is another piece of work than the lead.
      out: rule === undefined ? [] : (found.out ?? []),
      fields: {},
      version: 0,
    };
    run.tasks.push(task);
    run.hold(task);
    this.touched.add(no);
    this.told.push(`task-opened ${no}`);
  }

  private end(task: TaskState, outcome: string): void {
    if (task.lead) throw new Lost('the end of a lead');
    task.ended = outcome;
    this.told.push(`task-ended ${task.no} ${outcome}`);
    const group = this.run.groups.find((g) => g.no === task.group?.no);
    if (group === undefined || group.state !== 'open') return;
    group.ended.push({ step: task.step, outcome });
    if (!this.toJudge.includes(group.no)) this.toJudge.push(group.no);
  }

  private settle(group: GroupState, state: 'complete' | 'refused' | 'void'): void {
    group.state = state;
    group.pending = [];
    for (const task of this.run.openTasks()) if (task.group?.no === group.no) this.end(task, 'void');
    this.told.push(`group-ended ${group.no} ${state}`);
  }

  private judge(group: GroupState): 'complete' | 'refused' | undefined {
    if (group.state !== 'open') return undefined;
    const open = this.run.openTasks().some((t) => t.group?.no === group.no);
    const refused = group.ended.filter((e) => this.run.pack.process.steps[e.step]?.refuses?.includes(e.outcome) === true).length;
    const done = group.ended.filter((e) => e.outcome !== 'void').length - refused;
    const over = !open && group.pending.length === 0;
    const all = refused > 0 ? 'refused' : over ? 'complete' : undefined;
    const any = done > 0 ? 'complete' : over ? (refused > 0 ? 'refused' : 'complete') : undefined;
    const verdict = group.spec.until === 'any' ? any : all;
    if (verdict !== undefined) {
      this.settle(group, verdict);
      return verdict;
    }
    if (open) return undefined;
    this.openNext(group);
    return this.judge(group);
  }

  private assign(task: TaskState, rule: HolderRule): void {
    const found = allowed(rule, { ...this.look(), task }, task, true);
    const told = this.openedAs.get(task.no);
    const { waitsFor } = task.holder;
    const kept = {
      ...found,
      holders: found.holders.map((h) => (h.waitsFor === undefined && waitsFor !== undefined ? { ...h, waitsFor } : h)),
    };
    task.out = found.out ?? [];
    this.reassign(task, (told === undefined ? kept.holders[0] : this.choose(task.no, kept, 'the assignment')) ?? task.holder);
  }

  reassign(task: TaskState, holder: Holder): void {
    const was = task.holder;
    task.holder = holder;
    if (!sameHolder(was, holder)) this.touched.add(task.no);
    this.run.hold(task);
    if (!task.lead) {
      this.told.push(`task-assigned ${task.no}`);
      return;
    }
    const moved = was.unit !== holder.unit;
    if (moved) this.push(holder.unit, undefined);
    if (moved || (holder.person !== was.person && holder.person !== undefined && holder.person !== this.x.actor)) this.transferred = true;
  }

  /** The lead wakes: whom it waited for is over. */
  wake(task: TaskState): void {
    task.holder = withoutWaiting(task.holder);
    this.touched.add(task.no);
    this.told.push(`task-woke ${task.no}`);
  }
}
