import { appErrorIn, cut, type Violation } from '@gongdan/kernel';
import { LONGEST_TITLE, type Pack, type Plan, PLAN_CHANNEL, type PlannedTicket, requiredName, titleOn } from '@gongdan/packs';
import { complete, type Content, type Draft, type Units } from './content.js';

/** Missed occurrences of a plan that are registered late, the newest first to count: people do not make ten rounds of one day. */
export const MOST_MISSED = 10;
/** Work that should have been done longer ago is not made up for. */
export const OLDEST_MISSED_MS = 7 * 86_400_000;

/** What becomes of the occurrences of a plan that are due. */
export interface Due {
  /** To be registered, oldest first. */
  register: number[];
  skipped: number;
  /** The newest of those that are skipped. */
  skippedUntil: number | undefined;
}

/** After an outage each missed occurrence is registered once: the newest ten of them, none older than seven days. The others are skipped. */
export function catchUp(due: Iterable<number>, now: number): Due {
  const register: number[] = [];
  let [skipped, skippedUntil] = [0, undefined as number | undefined];
  for (const at of due) {
    register.push(at);
    const oldest = register[0] ?? at;
    if (register.length > MOST_MISSED || oldest < now - OLDEST_MISSED_MS) {
      register.shift();
      skipped += 1;
      skippedUntil = oldest;
    }
  }
  return { register, skipped, skippedUntil };
}

/** The ticket of an occurrence, as if somebody had submitted it. */
export function draftOfPlan(ticket: PlannedTicket, date: string): Draft {
  return { ...ticket, channel: PLAN_CHANNEL, title: cut(titleOn(ticket.title, date), LONGEST_TITLE) };
}

/** The pack as it holds for planned tickets: nobody complains, so nothing of a contact or of another system can be required. */
export function forPlans(pack: Pack): Pack {
  const required = pack.intake.required.filter((r) => !requiredName(r).startsWith('contact.') && requiredName(r) !== 'externalKey');
  return { ...pack, intake: { ...pack.intake, required } };
}

/** What the ticket of an occurrence says. Throws when it does not fit the pack and the directory. */
export function contentOfPlan({ ticket }: Plan, pack: Pack, date: string, units: Units): Content {
  return complete({ draft: draftOfPlan(ticket, date), ownWork: true }, forPlans(pack), units);
}

/** Why no ticket of a plan can be registered now, with pointers into the pack; undefined when nothing of the plan is wrong. */
export function planRefusal(plan: Plan, pack: Pack, date: string, units: Units): { code: string; errors: Violation[] } | undefined {
  try {
    contentOfPlan(plan, pack, date, units);
    return undefined;
  } catch (error) {
    const refusal = appErrorIn(error);
    if (refusal === undefined) throw error;
    const at = `/intake/plans/${pack.intake.plans?.indexOf(plan) ?? 0}/ticket`;
    return { code: refusal.code, errors: refusal.violations.map((v) => ({ ...v, pointer: `${at}${v.pointer}` })) };
  }
}
