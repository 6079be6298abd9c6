import { randomUUID } from 'node:crypto';
import { type ScenarioStep } from '@gongdan/packs/format2';
import { callDoor } from './calling.js';
import { importFile } from './importing.js';
import { judge, told } from './judging.js';
import { firstAlike, show } from './match.js';
import { Difference } from './verdict.js';
import { type CaseView, type TaskView, type Update, type World } from './world.js';

type Step<K extends string> = Extract<ScenarioStep, Record<K, unknown>>;
/** Does the step when somebody acts in it; false when it looks or waits. */
export async function act(world: World, step: ScenarioStep): Promise<boolean> {
  if ('register' in step) await register(world, step);
  else if ('do' in step) await doAction(world, step);
  else if ('results' in step && 'as' in step && ('device' in step || 'again' in step) && !('import' in step)) await device(world, step);
  else if ('next' in step) await next(world, step);
  else if ('amend' in step)
    judge(step, await world.call(step.as, 'intake', 'PATCH', `/v1/tickets/${world.ticket(step.ticket)}`, await seen(world, step)));
  else if ('withdraw' in step)
    judge(
      step,
      await world.call(step.as, 'intake', 'POST', `/v1/tickets/${world.ticket(step.ticket)}/withdraw`, {
        body: { reason: step.withdraw },
      }),
    );
  else if ('publish' in step) await publish(world, step);
  else if ('call' in step) await callDoor(world, step);
  else if ('directory' in step) await changeDirectory(world, step);
  else if ('bulk' in step) await bulk(world, step);
  else if ('import' in step) await importFile(world, step);
  else if ('link' in step) await link(world, step);
  else return false;
  return true;
}

async function register(world: World, step: Step<'register'>): Promise<void> {
  const one = async (name: string): Promise<void> => {
    const body = { title: world.scenario.key, ...step.register, pack: world.packKey };
    const answer = await world.call<{ id: string }>(step.as, 'intake', 'POST', '/v1/tickets', { body });
    judge(step, answer as never);
    if (step.refused === undefined) world.tickets.set(name, answer.body.id);
  };
  const name = step.ticket ?? 't';
  if (step.times === undefined) return one(name);
  const all = Array.from({ length: step.times }, (_, i) => `${name}${i + 1}`);
  if (step.parallel) await Promise.all(all.map(one));
  else for (const each of all) await one(each);
}

/** The open task that a step means, or undefined: the service then finds the lead or the caller's own. */
export async function meant(world: World, step: Pick<Step<'do'>, 'task' | 'of' | 'ticket'>): Promise<TaskView | undefined> {
  if (step.task === undefined) return undefined;
  const { tasks } = await world.case(step.ticket);
  const found = tasks.filter(
    (t) =>
      t.step === step.task &&
      (step.of?.unit === undefined || t.holder.unit === step.of.unit) &&
      (step.of?.person === undefined || t.holder.person === step.of.person),
  );
  return firstAlike(found);
}

async function doAction(world: World, step: Step<'do'>): Promise<void> {
  const ticket = world.ticket(step.ticket);
  if (step.do === 'route') {
    judge(step, await world.call(step.as, 'dispatch', 'POST', `/v1/cases/${ticket}/route`, { body: step.with ?? {} }));
    return;
  }
  const task = await meant(world, step);
  if (step.at !== undefined) {
    const update = { key: randomUUID(), action: step.do, input: step.with ?? {}, occurredAt: step.at };
    const [done] = await submit(world, step, [task === undefined ? update : { ...update, task: task.no }]);
    const wanted = step.refused === undefined ? 'applied' : 'refused';
    if (done?.result !== wanted || (step.refused?.code !== undefined && done.code !== step.refused.code))
      throw new Difference(show({ result: wanted, code: step.refused?.code }), show(done));
    return;
  }
  const path = `/v1/cases/${ticket}${task === undefined ? '' : `/tasks/${task.no}`}/actions/${step.do}`;
  judge(step, await world.call(step.as, 'dispatch', 'POST', path, { body: step.with ?? {} }));
}

async function device(world: World, step: Step<'results'> & { as: string; ticket?: string | undefined }): Promise<void> {
  const updates: Update[] = [];
  const batch = 'device' in step ? step.device : undefined;
  if (batch === undefined) updates.push(...(world.batches.get(step.as) ?? []));
  else
    for (const { do: action, with: input = {}, at, task } of batch) {
      const no = (await meant(world, { task, ticket: step.ticket }))?.no;
      updates.push({ key: randomUUID(), action, input, occurredAt: at, ...(no === undefined ? {} : { task: no }) });
    }
  world.batches.set(step.as, updates);
  const got = await submit(world, step, updates);
  const results = got.map((r) => r.result);
  if (show(results) !== show(step.results)) throw new Difference(show(step.results), show(got));
  if ('code' in step && step.code !== undefined && !got.some((r) => r.code === step.code))
    throw new Difference(`a result with the code ${step.code}`, show(got));
}

async function submit(
  world: World,
  step: { as: string; ticket?: string | undefined },
  updates: readonly Update[],
): Promise<{ result: string; code?: string }[]> {
  const path = `/v1/cases/${world.ticket(step.ticket)}/submissions`;
  const answer = await world.call<{ results: { result: string; code?: string }[] }>(step.as, 'dispatch', 'POST', path, {
    body: { updates },
  });
  if (answer.status !== 200) throw new Difference('results of the updates', told(answer));
  return answer.body.results;
}

async function next(world: World, step: Step<'next'>): Promise<void> {
  const answer = await world.call<{ case: CaseView & { ticketId: string } }>(step.as, 'dispatch', 'POST', `/v1/queues/${step.next}/next`);
  if (answer.status !== 200) {
    if (step.ticket === null && (answer.status === 404 || answer.status === 409)) return;
    throw new Difference(`that ${step.ticket ?? 'nothing'} is handed out`, told(answer));
  }
  const got = world.nameOf(answer.body.case.ticketId);
  if (got !== step.ticket) throw new Difference(`that ${step.ticket ?? 'nothing'} is handed out`, got);
}

/** Status with which the same refusal answers a single action. */
const STATUS: Record<string, number> = { invalid: 400, forbidden: 403, 'not-found': 404, conflict: 409, refused: 422 };

async function bulk(world: World, step: Step<'bulk'>): Promise<void> {
  const body = {
    action: step.bulk,
    tickets: step.tickets.map((t) => world.ticket(t)),
    ...(step.with === undefined ? {} : { input: step.with }),
    ...(step.preview === undefined ? {} : { preview: true }),
  };
  const answer = await world.call<{ results: { ticketId: string; result: string; kind?: string }[] }>(
    step.as,
    'dispatch',
    'POST',
    '/v1/bulk/actions',
    { body },
  );
  if (answer.status !== 200) throw new Difference('results of the tickets', told(answer));
  for (const [name, want] of Object.entries(step.results)) {
    const got = answer.body.results.find((r) => r.ticketId === world.ticket(name));
    if (want !== (got?.result === 'refused' ? STATUS[got.kind ?? ''] : got?.result)) throw new Difference(`${name} ${want}`, show(got));
  }
}

async function seen(world: World, step: Step<'amend'>): Promise<{ body: unknown; headers?: Record<string, string> }> {
  const { headers } = await world.call(undefined, 'intake', 'GET', `/v1/tickets/${world.ticket(step.ticket)}`);
  return { body: step.amend, headers: { 'if-match': headers.get('etag') ?? '*' } };
}

async function link(world: World, step: Step<'link'>): Promise<void> {
  const body = { kind: step.link, to: world.ticket(step.to) };
  judge(step, await world.call(step.as, 'intake', 'POST', `/v1/tickets/${world.ticket(step.from)}/links`, { body }));
}

/** JSON merge patch (RFC 7396). */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}

async function publish(world: World, step: Step<'publish'>): Promise<void> {
  const version = world.version + 1;
  // The scenarios of the pack name what the patch may have taken away.
  const body = merge(merge({ ...world.json, scenarios: [] }, step.publish), { pack: { version } });
  judge(step, await world.call(step.as, 'dispatch', 'PUT', `/v1/packs/${world.packKey}`, { body }));
  if (step.refused === undefined) world.version = version;
}

async function changeDirectory(world: World, { directory: change }: Step<'directory'>): Promise<void> {
  const put = async (path: string, body: unknown): Promise<void> => {
    const answer = await world.call(undefined, 'dispatch', 'PUT', `/v1/directory/${path}`, { body });
    if (answer.status >= 300) throw new Difference(`that ${path} is stored`, told(answer));
  };
  if ('absent' in change)
    await put(`presence/${change.absent}`, { state: 'absent', ...(change.until === undefined ? {} : { until: change.until }) });
  else if ('present' in change) await put(`presence/${change.present}`, { state: 'present' });
  else if ('deputy' in change)
    await put(`deputies/${randomUUID()}`, { deputy: change.deputy, person: change.of, from: change.from, until: change.until });
  else {
    const { now } = await world.get<{ now: string }>('dispatch', '/v1/clock');
    const person = await world.get<Record<string, unknown>>('dispatch', `/v1/directory/people/${change.leaves}`);
    const keep = Object.fromEntries(['name', 'email', 'languages', 'phone'].flatMap((k) => (person[k] ? [[k, person[k]]] : [])));
    await put(`people/${change.leaves}`, { ...keep, activeUntil: now });
  }
}
