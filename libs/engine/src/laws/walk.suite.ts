import { AppError, idOf, plusMs } from '@gongdan/kernel';
import { type FormField, type PackFormat2 } from '@gongdan/packs/format2';
import { advance, available } from '../decide/advance.js';
import { type Acting, actingOf, type View } from '../model/env.js';
import { brokenLaws, Follower, frozen } from './judge.suite.js';
import { type Luck } from './small-world.suite.js';
import { type Case, countedOf, openTasks } from '../model/case.js';
import { openCase, type Registered } from '../decide/open-case.js';
import { react, wake, withdraw } from '../decide/react.js';

/** What a walk needs of its pack. */
export interface World {
  pack: PackFormat2;
  view: View;
  people: readonly string[];
  registration: Registered;
  value(field: FormField, luck: Luck, now: string): unknown;
}

/** What an event of another run than the present one changed and must not have. */
function ranTooLate(pack: PackFormat2, before: Case, after: Case, event: string): string[] {
  const ran = Object.entries(pack.process.reactions ?? {}).filter(
    ([key, r]) => [r.on].flat().includes(event) && r.late !== true && countedOf(before, key)?.total !== countedOf(after, key)?.total,
  );
  const heard = JSON.stringify(before.heard) === JSON.stringify(after.heard) ? [] : ['heard a clock of another run'];
  return [...ran.map(([key]) => `${key} ran for an event of another run`), ...heard];
}

/** Refusals that `available` excludes: it offers an action only to whoever may do it now. */
const NEVER_OFFERED = new Set(['dispatch/not-yours', 'dispatch/illegal-move', 'dispatch/which-task', 'dispatch/task-ended', 'dispatch/limit-reached']); // prettier-ignore

/** Random people act, other services speak, tasks wake, now and then the complainant withdraws. Returns what broke a law, and counts what was done. */
export function walk(world: World, luck: Luck, steps: number): { broken: string[]; did: Record<string, number> } {
  const { view, people } = world;
  // Whoever writes to what he was given throws.
  const pack = frozen(world.pack);
  const follower = new Follower();
  const did: Record<string, number> = {};
  const broken: string[] = [];
  let now = world.registration.registeredAt;
  let records = 0;
  let c: Case | undefined;
  const take = (what: string, decide: () => ReturnType<typeof withdraw>): string | undefined => {
    try {
      const decided = decide();
      if (decided === undefined) return undefined;
      broken.push(...brokenLaws(pack, c, decided).map((l) => `${what}: ${l}`));
      follower.hear(decided.events);
      c = frozen(decided.state);
      broken.push(...follower.differences(c).map((d) => `${what}: ${d}`));
      records += decided.records.length;
      did[what] = (did[what] ?? 0) + 1;
      return undefined;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      did[error.code] = (did[error.code] ?? 0) + 1;
      return error.code;
    }
  };
  const ticket = { org: 'demo', ticketId: idOf('walk', 1), registeredBy: people[0] };
  take('open', () => openCase(pack, view, ticket, world.registration, now));
  if (c === undefined) return { broken: ['no case was opened'], did };
  for (let i = 0; i < steps && broken.length === 0; i++) {
    now = plusMs(now, (1 + luck.below(50)) * 120_000);
    const at = now;
    const present: Case = c;
    const roll = luck.below(20);
    if (roll === 0) {
      const name = luck.of(['sla.clock-breached', 'intake.ticket-linked', 'intake.ticket-repeated']);
      const depth = luck.below(10);
      const run = 1 + luck.below(2);
      const data = name === 'sla.clock-breached' ? { clock: 'resolve', dueAt: at } : {};
      const code = take(name, () => {
        const reacted = react(pack, view, present, { name, data, occurredAt: at, depth, run }, at, { decisions: records });
        if (run !== present.run) broken.push(...ranTooLate(pack, present, reacted.state, name));
        if (depth >= 8 && reacted.events.some((e) => e.name !== 'dispatch.reaction-refused'))
          broken.push('law 7: the ninth reaction of a chain ran');
        return reacted;
      });
      if (code !== undefined) broken.push(`${name}: a reaction was refused with ${code}`);
    } else if (roll === 1) {
      const task = openTasks(present).find((t) => t.sleepsUntil !== undefined);
      const code = task === undefined ? undefined : take('wake', () => wake(pack, view, present, { task: task.no, sleeps: task.sleeps }, at, { decisions: records })); // prettier-ignore
      if (code !== undefined) broken.push(`a wake-up was refused with ${code}`);
    } else if (roll === 2 && luck.maybe(15)) {
      const code = take('withdraw', () => withdraw(pack, view, present, 'no longer needed', at, { decisions: records }));
      if (code !== undefined) broken.push(`a withdrawal was refused with ${code}`);
    } else act(present, at);
  }
  return { broken, did };

  function act(present: Case, at: string): void {
    const id = luck.of(people);
    const actor: Acting = frozen(actingOf(view.directory, { id, roles: [], units: [] }, at));
    const offers = available(pack, view, present, actor, at);
    const offer = offers.length > 0 && luck.maybe(85) ? luck.of(offers) : { action: luck.of(Object.keys(pack.process.actions)) };
    const form = pack.process.actions[offer.action]?.form;
    const input: Record<string, unknown> = {};
    for (const [key, field] of Object.entries((form === undefined ? undefined : pack.forms?.[form]?.fields) ?? {}))
      if ((field.required !== undefined && luck.maybe(97)) || luck.maybe(40)) input[key] = world.value(field, luck, at);
    const code = take(offer.action, () => {
      const decided = advance(pack, view, present, frozen({ ...offer, input }), actor, at, { decisions: records });
      if (!offers.some((o) => o.action === offer.action)) broken.push(`law 2: ${id} did ${offer.action}, which was not offered`);
      return decided;
    });
    if (code !== undefined && offers.includes(offer as never) && NEVER_OFFERED.has(code))
      broken.push(`${offer.action} was offered to ${id} and refused with ${code}`);
  }
}
