import { type ActionSpec, type Decision, listOf, type PackDocument, type Performer } from './documents.js';
import { decisionsOf } from './judge-case.js';
import { answered, pick, type Plant, type Subject } from './plants.js';
import { quiet, refuse } from './plants-outside.js';

const STAND_IN = 'stand-in';
const ALWAYS = { from: '2000-01-01T00:00:00.000Z', until: '2100-01-01T00:00:00.000Z' };

/** Somebody of the units, who has always been there. */
function newcomer(s: Subject, units: readonly (string | undefined)[]): void {
  s.entries.push({ kind: 'person', id: STAND_IN, at: 0, value: {} });
  for (const unit of new Set(units)) if (unit !== undefined) join(s, STAND_IN, unit, ['handler']);
}

function join(s: Subject, person: string, unit: string, roles: readonly string[]): void {
  const id = `${person}|${unit}`;
  const had = s.entries.filter((e) => e.kind === 'membership' && e.id === id);
  s.entries = s.entries.filter((e) => !had.includes(e));
  const all = [...roles, ...had.flatMap((e) => listOf(e.value?.['roles'] as string[] | undefined))];
  s.entries.push({ kind: 'membership', id, at: 0, value: { roles: [...new Set(all)] } });
}

const standsFor = (s: Subject, person: string): void =>
  void s.entries.push({ kind: 'deputy', id: 'planted', at: 0, value: { person, deputy: STAND_IN, ...ALWAYS } });

function packOf(s: Subject, d: Decision): PackDocument | undefined {
  const { key, version } = d.told.at(-1)?.data.case.pack ?? { key: '', version: 0 };
  return s.packs.get(`${key} ${version}`);
}

function addAction(s: Subject, spec: Partial<ActionSpec> & { by: Performer }): void {
  for (const pack of s.packs.values()) pack.process.actions['planted'] = { on: 'case', phase: 'any', do: [], ...spec };
}

/** A task that a leader's pool had and somebody of it ended, with who had proposed what it is about. */
function signature(s: Subject, random: () => number): { d: Decision; proposer: string; unit: string; role: string } | undefined {
  const { decisions } = decisionsOf(s.told);
  const found = decisions.flatMap((d, i) => {
    const no = d.told.find((t) => t.name === 'dispatch.task-ended' && t.data['outcome'] !== 'void')?.data['task'];
    const { holder } = decisions[i - 1]?.told.at(-1)?.data.case.side.find((t) => t.no === no) ?? {};
    const proposer = decisions.slice(0, i).findLast((o) => o.cause.key === 'propose')?.by;
    const { unit, role, person } = holder ?? {};
    return unit !== undefined && role === 'leader' && person === undefined && proposer !== undefined && d.cause.kind === 'action'
      ? [{ d, proposer, unit, role }]
      : [];
  });
  return pick(found, random);
}

function actsInstead(s: Subject, d: Decision, person: string): void {
  for (const t of d.told) t.by = person;
  for (const a of s.asked) if (a.correlation === d.correlation) a.actor = person;
  // Only the pool leaves him out.
  for (const pack of s.packs.values()) for (const action of Object.values(pack.process.actions)) delete action.except;
}

/** What the holder of the lead did to it, with the step in which it stood. */
function workOfHolder(s: Subject, random: () => number): { d: Decision; step: string } | undefined {
  const { decisions } = decisionsOf(s.told);
  const found = decisions.flatMap((d, i) => {
    const before = decisions[i - 1]?.told.at(-1)?.data.case;
    const on = listOf(packOf(s, d)?.process.actions[d.cause.key]?.on);
    return d.cause.kind === 'action' && before?.lead?.holder.person === d.by && on.includes(before.step) ? [{ d, step: before.step }] : [];
  });
  return pick(found, random);
}

/** Bugs about who may act: pools that leave somebody out, deputies, performers of each kind; limits in minutes, facts of clocks, and If-Match. */
export const PLANTS_PEOPLE: Readonly<Record<string, Plant>> = {
  'somebody acts whom the pool of his task leaves out'(s, random) {
    const at = signature(s, random);
    if (at === undefined) return false;
    join(s, at.proposer, at.unit, ['handler', at.role]);
    actsInstead(s, at.d, at.proposer);
    return true;
  },
  'a deputy acts in the name of somebody whom the pool leaves out'(s, random) {
    const at = signature(s, random);
    if (at === undefined) return false;
    newcomer(s, [at.unit]);
    join(s, at.proposer, at.unit, ['handler', at.role]);
    standsFor(s, at.proposer);
    actsInstead(s, at.d, STAND_IN);
    return true;
  },
  'somebody acts who held a step that the action leaves out'(s, random) {
    const at = workOfHolder(s, random);
    if (at === undefined) return false;
    for (const pack of s.packs.values()) Object.assign(pack.process.actions[at.d.cause.key] ?? {}, { except: { held: [at.step] } });
    return true;
  },
  'somebody acts for a principal who has left'(s, random) {
    const at = workOfHolder(s, random);
    if (at === undefined) return false;
    const time = Date.parse(at.d.told[0]?.data.at ?? '');
    newcomer(s, [at.d.told[0]?.data.case.lead?.holder.unit]);
    standsFor(s, at.d.by);
    s.entries = s.entries.filter((e) => e.kind !== 'person' || e.id !== at.d.by);
    s.entries.push({ kind: 'person', id: at.d.by, at: 0, value: {} }, { kind: 'person', id: at.d.by, at: time - 120_000 });
    for (const t of at.d.told) t.by = STAND_IN;
    for (const a of s.asked) if (a.correlation === at.d.correlation) a.actor = STAND_IN;
    return true;
  },
  'an action is done more often within minutes than its limit allows'(s, random) {
    const { decisions } = decisionsOf(s.told);
    const again = decisions.filter((d, i) =>
      decisions.slice(0, i).some((o) => {
        const apart = Date.parse(d.told[0]?.data.at ?? '') - Date.parse(o.told[0]?.data.at ?? '');
        return d.cause.kind === 'action' && o.cause.kind === 'action' && o.cause.key === d.cause.key && apart < 25 * 60_000;
      }),
    );
    const d = pick(again.filter((o) => packOf(s, o)?.process.actions[o.cause.key] !== undefined), random); // prettier-ignore
    if (d === undefined) return false;
    for (const pack of s.packs.values()) {
      const action = pack.process.actions[d.cause.key];
      if (action !== undefined) action.limit = { times: 1, per: { minutes: 30 } };
    }
    return true;
  },
  'an action is done that a breached clock forbids'(s, random) {
    const { decisions } = decisionsOf(s.told);
    const first = decisions.findIndex((d) => s.heard.some((e) => e.id === d.told[0]?.causation));
    const d = pick(decisions.filter((o, i) => first >= 0 && i > first && o.cause.kind === 'action' && packOf(s, o)?.process.actions[o.cause.key] !== undefined), random); // prettier-ignore
    if (d === undefined) return false;
    for (const pack of s.packs.values())
      Object.assign(pack.process.actions[d.cause.key] ?? {}, { when: { 'clock.planted.breached': { not: true } } });
    s.heard.unshift({ id: 'planted', name: 'sla.clock-breached', at: 0, data: { clock: 'planted', gen: 1, dueAt: ALWAYS.from, firedAt: ALWAYS.from } }); // prettier-ignore
    return true;
  },
  'a deputy is refused what his principal may do'(s, random) {
    const at = quiet(s, random);
    if (at?.person === undefined) return false;
    newcomer(s, [at.after.told.at(-1)?.data.case.lead?.holder.unit]);
    standsFor(s, at.person);
    addAction(s, { on: 'any-lead', by: 'holder' });
    refuse(s, at.at, at.version, { actor: STAND_IN, action: 'planted', status: 403, code: 'dispatch/not-yours' });
    return true;
  },
  'a member of the unit that a fact names is refused'(s, random) {
    const at = quiet(s, random);
    const action = at === undefined ? undefined : packOf(s, at.after)?.process.actions[at.after.cause.key];
    if (at === undefined || action === undefined || at.after.cause.kind !== 'action') return false;
    const { decisions } = decisionsOf(s.told);
    const before = decisions.findLast((d) => d.version < at.version)?.told.at(-1)?.data.case;
    const unit = before?.lead?.holder.unit;
    if (unit === undefined || !listOf(action.on).includes(before?.step ?? '')) return false;
    newcomer(s, [unit, at.after.told.at(-1)?.data.case.lead?.holder.unit]);
    addAction(s, { by: { unitIn: `done.${at.after.cause.key}.unit` } });
    refuse(s, at.at, at.version, { actor: STAND_IN, action: 'planted', status: 403, code: 'dispatch/not-yours' });
    return true;
  },
  'who did an action is refused what only he may do'(s, random) {
    const at = quiet(s, random);
    const isAction = at !== undefined && packOf(s, at.after)?.process.actions[at.after.cause.key] !== undefined;
    if (!isAction || at.after.cause.kind !== 'action' || at.after.by !== at.person) return false;
    addAction(s, { by: { doer: at.after.cause.key } });
    refuse(s, at.at, at.version, { actor: at.person, action: 'planted', status: 403, code: 'dispatch/not-yours' });
    return true;
  },
  'somebody is refused who held no step that the action leaves out'(s, random) {
    const at = quiet(s, random);
    if (at?.person === undefined) return false;
    addAction(s, { on: 'any-lead', by: 'holder', except: { held: ['no-such-step'] } });
    refuse(s, at.at, at.version, { actor: at.person, action: 'planted', status: 403, code: 'dispatch/not-yours' });
    return true;
  },
  'a request is refused as stale that names the version of its task'(s, random) {
    const at = quiet(s, random);
    const lead = at?.after.told.at(-1)?.data.case.lead;
    if (at?.person === undefined || lead === undefined) return false;
    addAction(s, { on: 'any-lead', by: 'holder' });
    const request = { action: 'planted', seen: lead.version, status: 409, code: 'dispatch/stale-version' };
    refuse(s, at.at, at.version, { actor: at.person, ...request });
    return true;
  },
  'a case moves whose lead has another version than If-Match names'(s, random) {
    const { decisions } = decisionsOf(s.told);
    const isOpen = (correlation: string): boolean =>
      decisions.some((d) => d.correlation === correlation && d.told[0]?.data.case.phase === 'open');
    const a = pick(answered(s).filter((one) => one.action === 'repack' && isOpen(one.correlation)), random); // prettier-ignore
    if (a === undefined) return false;
    a.seen = 999;
    return true;
  },
};
