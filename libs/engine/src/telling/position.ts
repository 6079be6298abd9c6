import { type Case, leadOf, openTasks, type Task } from '../model/case.js';

/** Whose time burns: the lead's unit, the party it waits for, or the earliest open member of the group it waits for (law 3). */
export function burns(c: Case, lead: Task | undefined = leadOf(c)): { unit?: string } | { party: string } | undefined {
  if (c.phase === 'closed' || lead === undefined) return undefined;
  const { waitsFor, unit } = lead.holder;
  if (typeof waitsFor === 'string') return { party: waitsFor };
  if (waitsFor !== undefined) {
    const member = openTasks(c).find((t) => t.group?.key === waitsFor.group);
    if (member !== undefined) {
      const { waitsFor: memberWaits, unit: memberUnit } = member.holder;
      if (typeof memberWaits === 'string') return { party: memberWaits };
      if (memberUnit !== undefined) return { unit: memberUnit };
    }
  }
  const held = unit ?? c.ticket.unit;
  return held === undefined ? {} : { unit: held };
}

interface Position extends Record<string, unknown> {
  version: number;
}

/** The position of the case that every event carries (engine.md 9). */
export function caseNow(c: Case, lead: Task | undefined = leadOf(c)): Position {
  return {
    step: c.step,
    state: c.state,
    phase: c.phase,
    run: c.run,
    version: c.version,
    pack: c.pack,
    hop: { no: c.lastHop, depth: c.phase === 'open' ? c.hops.length : 0 },
    burns: burns(c, lead),
    lead: lead === undefined ? undefined : { no: lead.no, version: lead.version, holder: lead.holder },
    side: sideOf(c),
    class: c.class,
  };
}

function sideOf(c: Case): object[] {
  const side: object[] = [];
  for (const t of c.tasks)
    if (!t.lead && t.endedAt === undefined) side.push({ no: t.no, version: t.version, step: t.step, group: t.group, holder: t.holder });
  return side;
}

/** The same position at another version, written out like the copies of shapes.ts. */
export function positionAt(p: Position, version: number): Position {
  const { step, state, phase, run, pack, hop, burns, lead, side, class: classified } = p;
  return { step, state, phase, run, version, pack, hop, burns, lead, side, class: classified };
}
