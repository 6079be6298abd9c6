import {
  type ConditionTable,
  type HolderRule,
  listOf,
  type PackFormat2,
  partsOf,
  type SampleDirectoryData,
  type Test,
} from '@gongdan/packs/format2';
import { EVENTS, FACTS, PARTIES, ROLES, UNITS } from './pairs.js';

export type Lang = 'zh-CN' | 'en';
type Names = { readonly 'zh-CN': string; readonly en: string };

/** Says rules, conditions and limits of a pack in one language. */
export class Words {
  constructor(
    private readonly pack: PackFormat2,
    readonly lang: Lang,
    private readonly directory?: SampleDirectoryData,
  ) {}

  say(zh: string, en: string): string {
    return this.lang === 'en' ? en : zh;
  }

  name(names: Names | undefined, key: string): string {
    return names?.[this.lang] ?? key;
  }

  private known(table: Readonly<Record<string, readonly [string, string]>>, key: string): string | undefined {
    const pair = Object.hasOwn(table, key) ? table[key] : undefined;
    return pair && this.say(pair[0], pair[1]);
  }

  role(key: string): string {
    const own = this.pack.pack.roles?.[key];
    return own ? this.name(own.names, key) : (this.known(ROLES, key) ?? key);
  }

  unit(key: string): string {
    return this.name(this.directory?.units.find((u) => u.key === key)?.names, key);
  }

  step(key: string): string {
    return this.name(this.pack.process.steps[key]?.names, key);
  }

  act(key: string): string {
    const { actions, reactions } = this.pack.process;
    return key === 'registration' ? this.say('登记', 'registration') : this.name(actions[key]?.names ?? reactions?.[key]?.names, key);
  }

  clock(key: string): string {
    return this.name(this.pack.sla?.clocks.find((c) => c.key === key)?.names, key);
  }

  event(name: string): string {
    return this.known(EVENTS, name) ?? name.replace(/^[a-z]+\./, '').replaceAll('-', ' ');
  }

  duration(text: string): string {
    const [, n = '', unit = ''] = /^(\d+)([a-z]+)$/.exec(text) ?? [];
    const known = this.known(UNITS, unit);
    return known === undefined
      ? text
      : this.say(`${n}${known}`, `${n} ${n === '1' && unit !== 'min' && unit !== 'h' ? known.slice(0, -1) : known}`);
  }

  fact(name: string): string {
    const [family = '', key = '', ...rest] = name.split('.');
    const known = this.known(FACTS, name);
    if (known !== undefined) return known;
    if (['fields', 'input'].includes(family)) return this.field(key);
    if (family === 'attributes') return this.name(this.pack.intake.attributes?.find((a) => a.key === key)?.names, key);
    if (family === 'tasks')
      return `${this.step(key)}${rest[0] === 'fields' ? this.say('的', ': ') + this.field(rest[1] ?? '') : rest[0] === 'outcome' ? this.say('结果', ' outcome') : ''}`;
    if (family === 'done')
      return this.say(`${this.act(key)}${rest[0] === 'times' ? '次数' : ''}`, `${this.act(key)}${rest[0] === 'times' ? ' times' : ''}`);
    if (family === 'since' && rest.length > 0) {
      const date = this.fact(name.slice('since.'.length));
      return this.say(`距${date}`, `since ${date}`);
    }
    if (family === 'since')
      return key === 'opened' ? this.say('本环节已历时', 'time in this step') : this.say(`自${this.act(key)}起`, `since ${this.act(key)}`);
    if (family === 'clock') return this.clock(key) + (rest[0] === 'breached' ? this.say('超时', ' breached') : '');
    if (family === 'event') return key;
    return name;
  }

  private field(key: string): string {
    for (const form of Object.values(this.pack.forms ?? {})) if (form.fields[key]) return this.name(form.fields[key].names, key);
    return key;
  }

  private value(fact: string, v: unknown): string {
    const text = String(v);
    const c = this.pack.catalogue;
    const listed = {
      'class.type': c.types,
      'class.category': c.categories,
      'class.categories': c.categories,
      'class.item': c.items ?? [],
      'ticket.channel': this.pack.intake.channels,
      'ticket.plan': this.pack.intake.plans ?? [],
    }[fact];
    if (listed) return this.name(listed.find((x) => x.key === text)?.names, text);
    if (fact === 'event.clock') return this.clock(text);
    if (fact === 'case.step') return this.step(text);
    if (typeof v === 'boolean') return v ? this.say('是', 'yes') : this.say('否', 'no');
    if (fact.startsWith('since.')) return this.duration(text);
    const [family, key = ''] = fact.split('.');
    if (family === 'fields' || family === 'input')
      for (const form of Object.values(this.pack.forms ?? {}))
        if (form.fields[key]?.choices?.[text]) return this.name(form.fields[key].choices[text], text);
    if (family === 'attributes') {
      const choices = this.pack.intake.attributes?.find((a) => a.key === key)?.choices;
      if (choices && !Array.isArray(choices)) return this.name(choices[text], text);
    }
    return text;
  }

  condition(when: ConditionTable | undefined): string {
    if (when === undefined) return '';
    const { all, any } = partsOf(when);
    const rows = all.map(([fact, test]) => this.test(fact, test));
    if (any) rows.push(any.map((r) => Object.entries(r).map(([f, t]) => this.test(f, t)).join(this.say('且', ' and '))).join(this.say('，或', ' or '))); // prettier-ignore
    return rows.join(this.say('，', ', '));
  }

  private test(fact: string, test: Test): string {
    const name = this.fact(fact);
    const value = (v: unknown): string =>
      typeof v === 'object' && v !== null && 'fact' in v ? this.fact(String(v.fact)) : this.value(fact, v);
    if (typeof test === 'boolean') return this.boolean(name, test);
    if (typeof test !== 'object') return `${name} = ${value(test)}`;
    if (Array.isArray(test)) return `${name} = ${test.map(value).join(this.say('／', ' / '))}`;
    const c = test as Record<string, unknown>;
    const list = (v: unknown): string => (Array.isArray(v) ? v.map(value).join(this.say('／', ' / ')) : value(v));
    return Object.entries(c)
      .map(([op, v]) => {
        if (op === 'exists') return v === true ? this.say(`有${name}`, `has ${name}`) : this.say(`无${name}`, `no ${name}`);
        if (op === 'not' && typeof v === 'boolean') return this.boolean(name, !v);
        if (op === 'in') return `${name} = ${list(v)}`;
        if (op === 'between' && Array.isArray(v)) return `${value(v[0])} ≤ ${name} ≤ ${value(v[1])}`;
        if (op === 'prefix') return this.say(`${name}以${String(v)}开头`, `${name} begins with ${String(v)}`);
        if (op === 'fact') return `${name} = ${this.fact(String(v))}`;
        return `${name} ${{ not: '≠', gt: '>', gte: '≥', lt: '<', lte: '≤' }[op] ?? op} ${list(v)}`;
      })
      .join(this.say('且', ' and '));
  }

  private boolean(name: string, value: boolean): string {
    const bare = name.replace(/^是否/, '');
    return value ? bare : this.say(`非${bare}`, `not ${bare}`);
  }

  /** What sets off a reaction: of a clock its name and what happened to it. */
  trigger(on: string | readonly string[], when: ConditionTable | undefined): string {
    const events = listOf(on).map((n) => this.event(n)).join(this.say('／', ' / ')); // prettier-ignore
    const { 'event.clock': clocks, ...rest } = (when ?? {}) as Record<string, unknown>;
    const listed = typeof clocks === 'string' || Array.isArray(clocks) ? [clocks].flat().map(String) : undefined;
    const others = this.condition((listed ? rest : (when ?? {})) as ConditionTable);
    const what = listed
      ? this.say(`${listed.map((c) => this.clock(c)).join('／')}${events}`, `${listed.map((c) => this.clock(c)).join(' / ')}: ${events}`)
      : events;
    return others === '' ? what : this.say(`${what}（${others}）`, `${what} (${others})`);
  }

  holder(rule: HolderRule | undefined): string {
    if (rule === undefined) return '';
    if (rule === 'self') return this.say('办理人本人', 'who acts');
    const { unit, role, of, person, route, doer, previous, waitsFor } = rule;
    const words: string[] = [];
    if (waitsFor !== undefined) {
      const whom =
        typeof waitsFor === 'string'
          ? (this.known(PARTIES, waitsFor) ?? waitsFor)
          : 'group' in waitsFor
            ? this.say('会签组', 'the group')
            : this.fact(waitsFor.fact);
      words.push(this.say(`等待${whom}`, `waits for ${whom}`));
    }
    if (role !== undefined)
      words.push(this.say(this.roleIn(this.of(of), this.role(role)), `${this.role(role)}${this.of(of) && `, ${this.of(of)}`}`));
    if (typeof unit === 'string') words.push(this.unit(unit));
    else if (unit !== undefined)
      words.push(
        'fact' in unit
          ? this.say(`所选${this.fact(unit.fact)}`, `chosen: ${this.fact(unit.fact)}`)
          : 'code' in unit
            ? this.say('属地单位', 'unit of the place')
            : this.say('最近的单位', 'nearest unit'),
      );
    if (person) words.push(this.fact(person.fact));
    if (route !== undefined) words.push(this.say('按派单表', 'by the routing table'));
    if (doer !== undefined)
      words.push(this.say(doer === 'registration' ? '登记人' : `「${this.act(doer)}」的办理人`, `who did: ${this.act(doer)}`));
    if (previous !== undefined) words.push(this.say(`原${this.step(previous)}承办人`, `who held: ${this.step(previous)}`));
    return words.join(this.say('·', ' · '));
  }

  /** 投诉办主任 of 投诉办 names the unit already. */
  private roleIn(unit: string, role: string): string {
    return role.startsWith(unit) ? role : `${unit}${role}`;
  }

  private of(of: string | { fact: string } | undefined): string {
    if (of === undefined || of === 'unit') return this.say('本单位', '');
    if (typeof of === 'object') return of.fact === 'each' ? this.say('各', 'each') : `${this.fact(of.fact)}${this.say('的', '')}`;
    if (of === 'parent') return this.say('上级', 'parent unit');
    if (of === 'registering-unit') return this.say('登记单位', 'registering unit');
    return of.startsWith('level:') ? this.say(`${of.slice(6)}级`, `level ${of.slice(6)}`) : this.unit(of);
  }

  /** The length of a clock; the distinct lengths of its rows. */
  limit(key: string): string {
    const spec = this.pack.sla?.clocks.find((c) => c.key === key);
    if (!spec) return '';
    const limits = Array.isArray(spec.limit) ? spec.limit.map((l) => l.limit) : [spec.limit];
    const said = limits.map((l) => this.length(l));
    const distinct = [...new Set(said)];
    return distinct.length > 3
      ? `${distinct.slice(0, 2).join(this.say('／', ' / '))} … ${distinct.at(-1) ?? ''}`
      : distinct.join(this.say('／', ' / '));
  }

  /** One limit of a clock. */
  length(limit: object): string {
    const names: Record<string, string> = { minutes: 'min', hours: 'h', days: 'd', workingDays: 'wd', months: 'mo' };
    const [unit = '', n] = (Object.entries(limit) as [string, unknown][])[0] ?? [];
    if (names[unit]) return this.duration(`${String(n)}${names[unit]}`);
    if (unit === 'today') return this.say('当天', 'the same day');
    const field = (n as { fact?: string } | null)?.fact;
    return field === undefined ? this.say('原到期时间', 'its due instant') : this.say(`至${this.fact(field)}`, `until ${this.fact(field)}`);
  }

  /** How often an action may be done; empty when there is no limit. */
  often(limit: { times: number; per: string | { minutes: number } } | undefined): string {
    if (limit === undefined) return '';
    const { times: n, per } = limit;
    if (typeof per === 'object') return this.say(`${per.minutes}分钟内最多${n}次`, `at most ${n} × in ${per.minutes} min`);
    const each = this.known({ case: ['每单', 'per case'], run: ['每轮', 'per run'], task: ['每个任务', 'per task'], unit: ['每个单位', 'per unit'] }, per) ?? per; // prettier-ignore
    return this.say(`${each}最多${n}次`, `at most ${n} × ${each}`);
  }

  performers(by: unknown): string {
    return listOf(by as never)
      .map((p: unknown) => {
        if (p === 'holder') return this.say('承办人', 'holder');
        if (p === 'unit') return this.say('本单位', 'the unit');
        if (typeof p === 'string') return this.known({ ...PARTIES, ...ROLES }, p) ?? p;
        const q = p as { role?: string; doer?: string; unitIn?: string };
        return q.role !== undefined
          ? this.role(q.role)
          : q.doer !== undefined
            ? this.say(q.doer === 'registration' ? '登记人' : `「${this.act(q.doer)}」的办理人`, `who did: ${this.act(q.doer)}`)
            : this.fact(q.unitIn ?? '');
      })
      .join(this.say('、', ', '));
  }
}
