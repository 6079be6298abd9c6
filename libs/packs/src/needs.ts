import { type Effect, type HolderRule, listOf, type PackFormat2, type Performer } from './format2/index.js';
import { ROLES } from './format1/org.js';

/** Something that a pack takes for granted, with the JSON pointer of the first place that needs it. */
export interface Need {
  key: string;
  pointer: string;
}

const OF_WORDS = new Set(['unit', 'parent', 'registering-unit', 'each']);
const OF_PLATFORM: ReadonlySet<string> = new Set(ROLES);

/**
 * The roles that somebody must hold in the directory and the units that it must have. A role of the platform counts only where it names a holder: whoever
 * acts by it may have it from the token.
 */
export function needsOf(pack: PackFormat2): { roles: Need[]; units: Need[] } {
  const roles = new Map<string, string>();
  const units = new Map<string, string>();
  const put = (map: Map<string, string>, key: string | undefined, pointer: string): void => {
    if (key !== undefined && !map.has(key)) map.set(key, pointer);
  };
  const ofOf = (of: string | object | undefined, at: string): void => {
    if (typeof of === 'string' && !OF_WORDS.has(of) && !of.startsWith('level:')) put(units, of, at);
  };
  const holder = (rule: HolderRule | undefined, at: string): void => {
    if (rule === undefined || rule === 'self') return;
    put(roles, rule.role, at);
    ofOf(rule.of, at);
    if (typeof rule.unit === 'string') put(units, rule.unit, at);
    else if (rule.unit !== undefined && 'nearest' in rule.unit) put(units, rule.unit.nearest.under, at);
    else if (rule.unit !== undefined && 'code' in rule.unit) put(units, rule.unit.under, at);
  };
  const effects = (list: readonly Effect[] | undefined, at: string): void =>
    (list ?? []).forEach((e, i) => {
      const here = `${at}/${i}`;
      if ('go' in e) holder(e.holder, here);
      else if ('assign' in e) holder(e.assign, here);
      else if ('open' in e) {
        e.open.tasks.forEach((t, j) => holder(t.holder, `${here}/open/tasks/${j}`));
        effects(e.open.then, `${here}/open/then`);
        effects(e.open.refused, `${here}/open/refused`);
      }
    });
  const ownRole = (role: string | undefined, at: string): void => {
    if (role !== undefined && !OF_PLATFORM.has(role)) put(roles, role, at);
  };
  const { start, steps, actions, reactions } = pack.process;
  start.forEach((row, i) => {
    holder(row.holder, `/process/start/${i}`);
    effects(row.do, `/process/start/${i}/do`);
  });
  for (const [key, step] of Object.entries(steps)) holder(step.holder, `/process/steps/${key}`);
  for (const [key, action] of Object.entries(actions)) {
    const at = `/process/actions/${key}`;
    for (const p of listOf<Performer>(action.by)) if (typeof p === 'object' && 'role' in p) ownRole(p.role, `${at}/by`);
    effects(action.do, `${at}/do`);
    effects(action.limit?.else, `${at}/limit/else`);
  }
  for (const [key, reaction] of Object.entries(reactions ?? {})) {
    effects(reaction.do, `/process/reactions/${key}/do`);
    effects(reaction.limit?.else, `/process/reactions/${key}/limit/else`);
  }
  for (const [key, table] of Object.entries(pack.routing?.tables ?? {})) {
    table.rules.forEach((row, i) => holder(row.holder, `/routing/tables/${key}/rules/${i}`));
    holder(table.fallback, `/routing/tables/${key}/fallback`);
  }
  for (const [form, { fields }] of Object.entries(pack.forms ?? {}))
    for (const [key, field] of Object.entries(fields)) {
      put(roles, field.role, `/forms/${form}/fields/${key}/role`);
      for (const role of field.roles ?? []) ownRole(role, `/forms/${form}/fields/${key}/roles`);
    }
  (pack.notify?.rules ?? []).forEach((rule, i) => {
    for (const to of rule.to) {
      const at = `/notify/rules/${i}/to`;
      if (typeof to === 'object') {
        put(roles, to.role, at);
        ofOf(to.of, at);
      } else if (to.startsWith('unit:')) put(units, to.slice('unit:'.length), at);
    }
  });
  (pack.intake.plans ?? []).forEach(({ ticket }, i) => put(units, ticket.unit, `/intake/plans/${i}/ticket/unit`));
  const list = (map: Map<string, string>): Need[] => [...map].map(([key, pointer]) => ({ key, pointer }));
  return { roles: list(roles), units: list(units) };
}
