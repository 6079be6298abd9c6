import { type Effect, type OpenGroup, type PackFormat2, type SampleDirectoryData } from '@gongdan/packs/format2';
import { type Arrow, type Box, type Diagram, FAMILIES, type Family, type Lane } from './diagram.js';
import { circled } from './text.js';
import { tablesOf } from './tables.js';
import { type Lang, Words } from './words.js';

export const ANY = '*any';
export const CLOSED = '*closed';
const START = '*start';

/** `mistakes`: how many the pack has; a step that it does not declare is drawn then with its key. */
export function diagramOf(pack: PackFormat2, lang: Lang, directory?: SampleDirectoryData, mistakes = 0): Diagram {
  return new Drawing(pack, lang, directory).diagram(mistakes);
}

class Drawing {
  private readonly words: Words;
  private readonly arrows = new Map<string, Arrow>();
  private readonly lanes: Lane[] = [];
  private readonly still: string[] = [];
  private readonly byItself: string[] = [];
  /** Where a step gets its holder when it has no rule of its own. */
  private readonly holders = new Map<string, Set<string>>();
  /** Steps from which the lead comes without a holder being named: it keeps the one it had. */
  private readonly from = new Map<string, Set<string>>();
  private readonly opened = new Map<string, Set<number>>();

  constructor(
    private readonly pack: PackFormat2,
    private readonly lang: Lang,
    directory?: SampleDirectoryData,
  ) {
    this.words = new Words(pack, lang, directory);
  }

  diagram(mistakes: number): Diagram {
    const { process } = this.pack;
    const w = this.words;
    for (const row of process.start) {
      this.arrow(
        START,
        row.go,
        'start',
        w.condition(row.when) || (process.start.length > 1 ? w.say('其他', 'otherwise') : w.say('登记', 'registered')),
      );
      this.holdBy(row.go, w.holder(row.holder));
    }
    this.collectGroups();
    for (const [key, a] of Object.entries(process.actions)) this.action(key, a);
    for (const [key, r] of Object.entries(process.reactions ?? {})) this.reaction(key, r);
    const used = new Set([...this.arrows.values()].flatMap((a) => [a.from, a.to]));
    const boxes = Object.entries(process.steps).flatMap(([id, s]): Box[] => {
      if (s.side || !used.has(id)) return [];
      const holder = s.final ? '' : w.holder(s.holder) || this.brought(id);
      return [
        {
          id,
          title: w.step(id),
          family: FAMILIES[s.state ?? ''] ?? 'work',
          holder,
          limits: this.limitsOf(id),
          final: s.final === true,
          lanes: [...(this.opened.get(id) ?? [])],
        },
      ];
    });
    const extra = (id: string, title: string, family: Family): Box[] =>
      used.has(id) ? [{ id, title, family, holder: '', limits: [], final: false, lanes: [] }] : [];
    const unknown = [...used].filter((id) => !id.startsWith('*') && !Object.hasOwn(process.steps, id));
    const drawn = new Set([...boxes.map((b) => b.id), ...unknown, START, ANY, CLOSED]);
    return {
      lang: this.lang,
      title: w.name(this.pack.pack.names, this.pack.pack.key),
      subtitle: this.subtitle(),
      boxes: [
        ...extra(START, w.say('开始', 'Start'), 'start'),
        ...boxes,
        ...unknown.flatMap((id) => extra(id, w.say(`${id}（未声明）`, `${id} (not declared)`), 'off')),
        ...extra(ANY, w.say('任一办理中环节', 'Any open step'), 'any'),
        ...extra(CLOSED, w.say('任一办结环节', 'Any closed step'), 'any'),
      ],
      arrows: [...this.arrows.values()].filter((a) => drawn.has(a.from) && drawn.has(a.to)),
      lanes: this.lanes,
      notes: [
        {
          title: w.say('图不完整', 'Not complete'),
          lines:
            mistakes === 0
              ? []
              : [
                  w.say(
                    `业务包有 ${mistakes} 处错误，读不出来的没有画`,
                    `This pack has ${mistakes} mistakes; what could not be read is not drawn`,
                  ),
                ],
        },
        { title: w.say('不改变环节的动作', 'Actions that move no step'), lines: this.still },
        { title: w.say('自动处理', 'What happens by itself'), lines: this.byItself },
        ...tablesOf(this.pack, w),
      ].filter((n) => n.lines.length > 0),
    };
  }

  private subtitle(): string[] {
    const w = this.words;
    const whole = (this.pack.sla?.clocks ?? []).filter((c) =>
      c.start.some((t) => (typeof t === 'string' ? t : t.on) === 'intake.ticket-registered'),
    );
    return whole.map((c) => `${w.name(c.names, c.key)}${w.say(' ', ': ')}${w.limit(c.key)}`);
  }

  private arrow(from: string, to: string, kind: Arrow['kind'], label: string): void {
    const key = `${from} ${to} ${kind}`;
    const arrow = this.arrows.get(key) ?? { from, to, kind, labels: [] };
    if (!arrow.labels.includes(label)) arrow.labels.push(label);
    this.arrows.set(key, arrow);
  }

  /** Who holds a step that names nobody: whom the ways to it name, and whom the others keep. */
  private brought(step: string): string {
    const named = [...(this.holders.get(step) ?? [])].slice(0, 2);
    const keeps = named.length === 0 || [...(this.from.get(step) ?? [])].some((from) => from !== step);
    const kept = keeps ? [this.kept(step) || this.words.say('沿用原承办人', 'the same holder')] : [];
    return [...new Set([...named, ...kept])].join(this.words.say('／', ' / '));
  }

  /** Who holds a step that names nobody, where all ways to it bring the same holder; empty otherwise. */
  private kept(step: string, seen: ReadonlySet<string> = new Set()): string {
    const found = new Set<string>();
    for (const from of this.from.get(step) ?? []) {
      if (seen.has(from) || from === step) continue;
      const rule = this.pack.process.steps[from]?.holder;
      // Whoever acts keeps it, and a step that waits keeps whom it had or names.
      const own = rule === undefined || rule === 'self' ? '' : this.words.holder({ ...rule, waitsFor: undefined });
      const named = own === '' ? [...(this.holders.get(from) ?? [])] : [own];
      found.add(named.length > 0 ? named.join('\u0000') : this.kept(from, new Set([...seen, step])));
    }
    const [only = ''] = found;
    const self = this.words.holder('self');
    return found.size === 1 && !only.includes('\u0000') && only !== self ? only : '';
  }

  private holdBy(step: string, holder: string): void {
    if (holder === '') return;
    this.holders.set(step, (this.holders.get(step) ?? new Set()).add(holder));
  }

  private action(key: string, a: PackFormat2['process']['actions'][string]): void {
    const w = this.words;
    const { steps } = this.pack.process;
    const on = [a.on].flat();
    const side = on.some((s) => steps[s]?.side);
    const from =
      a.on === 'any-lead'
        ? [ANY]
        : a.on === 'case'
          ? a.phase === 'closed'
            ? [CLOSED]
            : a.phase === 'any'
              ? [ANY, CLOSED]
              : [ANY]
          : side
            ? this.leadsOf(on)
            : on;
    const name = w.act(key);
    const moved = this.effects(a.do, from, side ? 'side' : 'action', name, '');
    const spent = a.limit?.else ? this.effects(a.limit.else, from, side ? 'side' : 'action', name, this.spent(a.limit.times)) : false;
    const often = w.often(a.limit);
    if (!moved && !spent && !side)
      this.still.push(
        `${name}${w.say('（', ' (')}${w.performers(a.by)}${often === '' ? '' : `${w.say('，', ', ')}${often}`}${w.say('）', ')')}${on.length < 4 && a.on !== 'case' && a.on !== 'any-lead' ? w.say(`：${on.map((s) => w.step(s)).join('、')}`, `: ${on.map((s) => w.step(s)).join(', ')}`) : ''}`,
      );
  }

  private reaction(key: string, r: NonNullable<PackFormat2['process']['reactions']>[string]): void {
    const w = this.words;
    const label = w.trigger(r.on, r.when);
    const moved = this.effects(r.do, [ANY], 'reaction', label, '');
    const opens = r.do.flatMap((e) => ('open' in e ? [this.laneNo(e.open.group)] : [])).filter((n) => n > 0);
    if (!moved) this.byItself.push(`${label} → ${w.act(key)}${opens.length > 0 ? ` ${opens.map(circled).join(' ')}` : ''}`);
  }

  /** Adds arrows; whether one of the effects moves the lead. */
  private effects(list: readonly Effect[], from: readonly string[], kind: Arrow['kind'], name: string, note: string): boolean {
    const w = this.words;
    let moved = false;
    for (const e of list) {
      if (!('go' in e)) continue;
      moved = true;
      if (e.holder === undefined && e.go !== 'back') this.from.set(e.go, new Set([...(this.from.get(e.go) ?? []), ...(e.from ?? from)]));
      this.holdBy(e.go, w.holder(e.holder));
      const when = w.condition(e.when);
      const why = [note, when].filter((t) => t !== '').join(w.say('，', ', '));
      const label = why === '' ? name : w.say(`${name}（${why}）`, `${name} (${why})`);
      for (const f of e.from ?? from) if (e.go !== 'back') this.arrow(f, e.go, kind, label);
      if (e.go === 'back') this.still.push(w.say(`${name}：退回上一环节`, `${name}: back to the step before`));
    }
    return moved;
  }

  private spent(times: number): string {
    return this.words.say(`超过${times}次`, `after ${times} ${times === 1 ? 'time' : 'times'}`);
  }

  private collectGroups(): void {
    const { actions, reactions } = this.pack.process;
    const acts: [key: string, effects: readonly Effect[], on: readonly string[], note: string][] = [];
    for (const [key, { do: effects, limit, on }] of Object.entries(actions)) {
      acts.push([key, effects, [on].flat(), '']);
      // What happens instead of a refusal does not follow the moves of the action itself.
      if (limit?.else) acts.push([key, limit.else, [on].flat(), this.spent(limit.times)]);
    }
    for (const [key, { do: effects }] of Object.entries(reactions ?? {})) acts.push([key, effects, [], '']);
    for (const [key, effects, on, note] of acts)
      for (const e of effects)
        if ('open' in e) {
          const lane = this.lane(e.open, key, [note, this.words.condition(e.when)]);
          const goes = effects.flatMap((x) =>
            'go' in x && x.go !== 'back' && JSON.stringify(x.when) === JSON.stringify(e.when) ? [x.go] : [],
          );
          const standing = goes.length > 0 ? goes : on;
          for (const s of standing) this.opened.set(s, (this.opened.get(s) ?? new Set()).add(lane.no));
          this.groupArrows(e.open, standing.filter((s) => this.pack.process.steps[s] && !this.pack.process.steps[s].side), lane.no); // prettier-ignore
        }
  }

  private groupArrows(open: OpenGroup, standing: readonly string[], no: number): void {
    const w = this.words;
    const from = open.outlives || standing.length === 0 ? [ANY] : standing;
    const draw = (list: readonly Effect[] | undefined, what: string): void =>
      void this.effects(list ?? [], from, 'side', `${circled(no)} ${what}`, '');
    draw(open.then, w.say('完成', 'complete'));
    draw(open.refused, w.say('否决', 'refused'));
  }

  private laneNo(group: string): number {
    return this.lanes.find((l) => l.title.endsWith(`\u0000${group}`))?.no ?? 0;
  }

  private lane(open: OpenGroup, by: string, notes: readonly string[]): Lane {
    const w = this.words;
    const { steps } = this.pack.process;
    const no = this.lanes.length + 1;
    const after = (what: string, list: readonly Effect[] | undefined): string[] => {
      const goes = (list ?? []).flatMap((e) => ('go' in e ? [e.go === 'back' ? w.say('上一环节', 'the step before') : w.step(e.go)] : []));
      return goes.length === 0 ? [] : [`${what} → ${goes.join(w.say('／', ' / '))}`];
    };
    const lane: Lane = {
      no,
      title: `${w.act(by)}\u0000${open.group}`,
      rule: [
        ...notes,
        open.tasks.length === 1 && !open.tasks[0]?.each ? '' : open.order === 'sequence' ? w.say('依次', 'in sequence') : w.say('同时', 'at once'),
        open.tasks.length === 1 && !open.tasks[0]?.each ? '' : open.until === 'any' ? w.say('任一完成即可', 'until any is done') : w.say('全部完成', 'until all are done'),
        open.outlives ? w.say('办结后继续', 'outlives the step') : '',
        open.blocksClosing ? w.say('未完成不得办结', 'blocks closing') : '',
      ].filter((t) => t !== '').join(w.say('，', ', ')), // prettier-ignore
      sequence: open.order === 'sequence' && open.tasks.length > 1,
      tasks: open.tasks.map((t) => ({
        title: w.step(t.step) + (t.each === undefined ? '' : w.say(' × 每个', ' × each ') + w.fact(t.each)),
        holder: w.holder(t.holder ?? steps[t.step]?.holder),
        when: w.condition(t.when),
        actions: Object.entries(this.pack.process.actions).flatMap(([k, a]) => ([a.on].flat().includes(t.step) ? [w.act(k)] : [])).join(w.say('、', ', ')), // prettier-ignore
      })),
      after: [...after(w.say('完成', 'complete'), open.then), ...after(w.say('否决', 'refused'), open.refused)],
    };
    this.lanes.push(lane);
    return lane;
  }

  /** The steps for which the side tasks are open. */
  private leadsOf(sideSteps: readonly string[]): string[] {
    const groups = this.lanes.flatMap((l) =>
      l.tasks.some((t) => sideSteps.some((s) => t.title.startsWith(this.words.step(s)))) ? [l.no] : [],
    );
    const leads = [...this.opened].flatMap(([step, nos]) =>
      this.pack.process.steps[step] && !this.pack.process.steps[step].side && groups.some((g) => nos.has(g)) ? [step] : [],
    );
    return leads.length > 0 && leads.length < 4 ? leads : [ANY];
  }

  private limitsOf(step: string): string[] {
    const w = this.words;
    const { process, sla } = this.pack;
    const arriving = Object.entries(process.actions).filter(([, a]) => a.do.some((e) => 'go' in e && e.go === step));
    const state = process.steps[step]?.state;
    return (sla?.clocks ?? []).flatMap((c) => {
      const starts = c.start.some((t) => {
        const [on, when] = typeof t === 'string' ? [t, undefined] : [t.on, t.when];
        if (on === 'dispatch.ticket-dispatched') return state === 'dispatched';
        const wanted = when?.['event.action'];
        const keys = wanted === undefined ? undefined : [wanted].flat();
        return arriving.some(([key, a]) =>
          on === 'dispatch.ticket-advanced'
            ? keys?.includes(key) === true
            : a.says !== undefined && on === `dispatch.ticket-${a.says}` && (keys?.includes(key) ?? true),
        );
      });
      return starts && !c.start.includes('intake.ticket-registered') ? [`${w.name(c.names, c.key)} ${w.limit(c.key)}`] : [];
    });
  }
}
