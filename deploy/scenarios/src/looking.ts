import { type ClockWanted, type ScenarioStep } from '@gongdan/packs/format2';
import { type CaughtMail } from 'gongdan';
import { callDoor } from './calling.js';
import { clockDifference, type ClockSeen } from './clocks.js';
import { matches, meets, sameInstant, show } from './match.js';
import { Difference, NoDoor } from './verdict.js';
import { type TaskView, type World } from './world.js';

type Step<K extends string> = Extract<ScenarioStep, Record<K, unknown>>;
interface Listed {
  queue?: string | undefined;
  mine?: string | undefined;
  as?: string | undefined;
  tickets: string[];
}
interface Told {
  name: string;
  occurredAt: string;
  actor?: { id: string };
  data: Record<string, unknown>;
}

/** Throws a `Difference` when the step's expectation does not hold now. */
export async function look(world: World, step: ScenarioStep): Promise<void> {
  if ('expect' in step) await expectCase(world, step.expect);
  else if ('event' in step && 'times' in step) await event(world, step);
  else if ('history' in step) await history(world, step);
  else if ('clock' in step) await clock(world, step);
  else if ('mail' in step) await mail(world, step);
  else if ('tickets' in step && ('queue' in step || 'mine' in step)) await list(world, step as Listed);
  else if ('decision' in step) await decision(world, step);
  else if ('numbers' in step) await numbers(world, step);
  else if ('call' in step) await callDoor(world, step);
  else if ('report' in step) await report(world, step);
  else if ('linked' in step) await linked(world, step);
  else if ('planned' in step) await planned(world, step);
  else if ('sms' in step) throw new NoDoor('NO-01');
  else throw new Error(`the runner does not know the step ${Object.keys(step)[0] ?? ''}`);
}

const wanted = (name: string, want: unknown, got: unknown): Difference => new Difference(`${name} ${show(want)}`, show(got));

async function expectCase(world: World, e: Step<'expect'>['expect']): Promise<void> {
  if (e.see) {
    const { status } = await world.call(e.see.as, 'dispatch', 'GET', `/v1/cases/${world.ticket(e.ticket)}`);
    if (status !== e.see.status) throw wanted(`status of the case for ${e.see.as}`, e.see.status, status);
  }
  if (e.actions) {
    // Who does not see the case may do nothing.
    const seen = await world.call<{ actions: string[]; tasks: { actions: string[] }[] }>(
      e.actions.as,
      'dispatch',
      'GET',
      `/v1/cases/${world.ticket(e.ticket)}`,
    );
    if (seen.status !== 200 && seen.status !== 404) throw wanted('status of the case', 200, seen.status);
    const may = new Set(seen.status === 404 ? [] : [...seen.body.actions, ...seen.body.tasks.flatMap((t) => t.actions)]);
    const missing = (e.actions.include ?? []).filter((a) => !may.has(a));
    const more = (e.actions.exclude ?? []).filter((a) => may.has(a));
    if (missing.length + more.length > 0) throw wanted(`actions of ${e.actions.as}`, e.actions, [...may]);
  }
  const { ticket, as, pack, see: _see, actions: _actions, side, fields, person, clocks, ...plain } = e;
  if (clocks) await compareClocks(world, ticket, clocks);
  const found = await world.case(ticket, as);
  for (const [name, want] of Object.entries(plain)) {
    const got = name === 'number' ? found[name] : found[name];
    const holds = name === 'number' ? new RegExp(String(want)).test(String(got)) : matches(want, got);
    if (!holds) throw wanted(name, want, got);
  }
  if (person !== undefined && !matches(person, found['holder'])) throw wanted('person', person, found['holder']);
  if (pack !== undefined && !matches({ version: pack }, found['pack'])) throw wanted('pack', pack, found['pack']);
  for (const [name, want] of Object.entries(fields ?? {}))
    if (!matches(want, found.fields[name])) throw wanted(`fields.${name}`, want, found.fields[name]);
  if (side)
    compareSide(
      side,
      found.tasks.filter((t) => !t.lead),
    );
}

function compareSide(want: NonNullable<Step<'expect'>['expect']['side']>, open: TaskView[]): void {
  const left = [...open];
  for (const { step, outcome, ...holder } of want) {
    const i = left.findIndex(
      (t) => (step === undefined || t.step === step) && (outcome === undefined || t.outcome === outcome) && matches(holder, t.holder),
    );
    if (i === -1)
      throw wanted(
        'side tasks',
        want,
        open.map((t) => ({ step: t.step, ...t.holder })),
      );
    left.splice(i, 1);
  }
  if (left.length > 0)
    throw wanted(
      'side tasks',
      want,
      open.map((t) => ({ step: t.step, ...t.holder })),
    );
}

async function told(world: World, ticket: string | undefined): Promise<Told[]> {
  const id = world.ticket(ticket);
  const found: Told[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: { history: Told[]; next: string | null } = await world.get(
      'reporting',
      `/v1/tickets/${id}/history?limit=1000${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    found.push(...page.history);
    cursor = page.next;
  }
  return found;
}

async function event(world: World, step: Step<'event'> & { times: number }): Promise<void> {
  const all = await told(world, step.ticket);
  const of = all.filter((h) => h.name === step.event);
  const last = step.within === undefined ? Infinity : Date.parse(all[0]?.occurredAt ?? '') + step.within * 1_000;
  const count = of.filter(
    (h) =>
      meets(step.when ?? {}, h.data) && (step.at === undefined || sameInstant(step.at, h.occurredAt)) && Date.parse(h.occurredAt) <= last,
  ).length;
  if (count !== step.times)
    throw new Difference(
      `${step.times} such events`,
      `${count}; of this name: ${show(of.map((h) => [h.occurredAt, h.data])).slice(0, 800)}; all events: ${all.map((h) => h.name).join(' ')}`,
    );
}

async function history(world: World, step: Step<'history'>): Promise<void> {
  const all = await told(world, step.ticket);
  let from = 0;
  for (const want of step.history) {
    const i = all.findIndex((h, at) => {
      const cause = h.data['cause'] as { key?: string } | undefined;
      return (
        at >= from &&
        (want.event === undefined || h.name === want.event) &&
        (want.action === undefined || cause?.key === want.action || h.data['action'] === want.action) &&
        (want.by === undefined || h.actor?.id === want.by) &&
        (want.at === undefined || sameInstant(want.at, h.occurredAt))
      );
    });
    if (i === -1)
      throw wanted(
        'history',
        want,
        all.map((h) => [h.name, (h.data['cause'] as { key?: string } | undefined)?.key, h.actor?.id, h.occurredAt]),
      );
    from = i + 1;
  }
}

async function clock(world: World, step: Step<'clock'>): Promise<void> {
  await compareClocks(world, step.ticket, { [step.clock]: step });
}

async function compareClocks(world: World, ticket: string | undefined, want: Readonly<Record<string, ClockWanted>>): Promise<void> {
  const { items } = await world.get<{ items: ClockSeen[] }>('sla', `/v1/tickets/${world.ticket(ticket)}/clocks`);
  for (const [key, one] of Object.entries(want)) {
    const got = items.filter((c) => c.clock === key).sort((a, b) => b.gen - a.gen)[0];
    const difference = clockDifference(one, got);
    if (difference !== undefined) throw wanted(`${key} ${difference.name}`, difference.want, got ?? 'none');
  }
}

/** Counts mails that the mail server received: each must be a message of notify with the template, and its address is that of the envelope. */
async function mail(world: World, step: Step<'mail'>): Promise<void> {
  const times = step.times ?? 1;
  const { items } = await world.get<{ items: { id: string; template: string; state: string; channel: string; address: string }[] }>(
    'notify',
    `/v1/messages?limit=200&ticketId=${world.ticket(step.ticket)}`,
  );
  const of = items.filter((m) => m.template === step.mail && m.channel === 'email');
  const caught = (await (await fetch(`${world.client.home.read().mailUrl}/api/messages`)).json()) as CaughtMail[];
  const count = of.filter((m) =>
    caught.some((c) => c.messageId.includes(m.id) && (step.to === undefined || c.to.includes(step.to))),
  ).length;
  if (count !== times)
    throw new Difference(
      `${times} such mails`,
      `${count}; messages of the ticket: ${show(items.map((m) => [m.template, m.address, m.state]))}`,
    );
}

async function list(world: World, step: Listed): Promise<void> {
  const { mine } = step;
  const as = step.as ?? mine;
  const { items } = await world.get<{ items: { ticketId: string }[] }>(
    'dispatch',
    mine === undefined ? `/v1/queues/${step.queue ?? ''}?limit=200` : '/v1/tasks/mine?limit=200',
    as,
  );
  const got = items.map((i) => world.nameOf(i.ticketId));
  if (show(got) !== show(step.tickets)) throw wanted('list', step.tickets, got);
}

async function decision(world: World, { decision: d }: Step<'decision'>): Promise<void> {
  const { items } = await world.get<{ items: Record<string, unknown>[] }>('dispatch', `/v1/cases/${world.ticket(d.ticket)}/decisions`);
  const last = items.at(-1);
  for (const name of ['rule', 'unit', 'person'] as const)
    if (d[name] !== undefined && last?.[name] !== d[name]) throw wanted(name, d[name], items);
  const second = last?.['runnerUp'] as { rule?: string; unit?: string; person?: string } | null | undefined;
  if (d.runnerUp !== undefined && ![second?.rule, second?.unit, second?.person].includes(d.runnerUp))
    throw wanted('runnerUp', d.runnerUp, second);
}

async function numbers(world: World, { numbers: n }: Step<'numbers'>): Promise<void> {
  const got: string[] = [];
  for (const [name] of world.tickets) if (new RegExp(`^${n.of}\\d+$`).test(name)) got.push(String((await world.case(name))['number']));
  got.sort();
  const serial = (text: string): number => Number(/(\d+)$/.exec(text)?.[1] ?? Number.NaN);
  const whole = got.every((g, i) => i === 0 || serial(g) === serial(got[i - 1] ?? '') + 1);
  if (got[0] !== n.first || got.at(-1) !== n.last || !whole) throw wanted('numbers', n, got);
}

/** Gives a name to the ticket that is linked in this way; there must be exactly one. */
async function linked(world: World, step: Step<'linked'>): Promise<void> {
  const path = `/v1/tickets/${world.ticket(step.ticket)}/links`;
  const { items } = await world.get<{ items: { as: string; ticket: { id: string } }[] }>('intake', path);
  const [one, ...more] = items.filter((link) => link.as === step.linked);
  if (one === undefined || more.length > 0) throw wanted(`one ${step.linked}`, 1, items);
  world.tickets.set(step.name, one.ticket.id);
}

/** Gives a name to the newest ticket that a plan registered. */
async function planned(world: World, step: Step<'planned'>): Promise<void> {
  const { items } = await world.get<{ items: { pack: { key: string }; key: string; last: { id: string; occurrence: string }[] }[] }>(
    'intake',
    '/v1/plans',
  );
  const plan = items.find((p) => p.key === step.planned && p.pack.key === world.packKey);
  const newest = plan?.last[0];
  if (newest === undefined) throw wanted(`a ticket of ${step.planned}`, step.at ?? 'any', plan ?? items.map((p) => p.key));
  if (step.at !== undefined && !sameInstant(step.at, newest.occurrence)) throw wanted('occurrence', step.at, plan?.last);
  world.tickets.set(step.ticket ?? 't', newest.id);
}

const REPORTS: Record<string, string> = { ledger: '/v1/reports/ledger', stats: '/v1/stats', search: '/v1/search' };

/** Compares the rows of a report with those that are wanted: each in its place, with at least these values. `{t}` is the id of the ticket t. */
async function report(world: World, step: Step<'report'>): Promise<void> {
  const door = REPORTS[step.report];
  if (door === undefined) throw new Error(`the platform has no report ${step.report}: a scenario that waits for it says \`needs\` before`);
  const query = new URLSearchParams(Object.entries(step.query ?? {}).map(([k, v]): [string, string] => [k, String(v)]));
  const { items } = await world.get<{ items: unknown[] }>('reporting', `${door}?${query.toString()}`, step.as);
  const rows = JSON.parse(await world.filledIn(JSON.stringify(step.rows))) as unknown;
  if (!matches(rows, items)) throw wanted('rows', rows, items);
}
