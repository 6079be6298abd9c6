import { type ScenarioStep } from '@gongdan/packs/format2';
import { told } from './judging.js';
import { matches, show } from './match.js';
import { Difference } from './verdict.js';
import { type World } from './world.js';

type CallStep = Extract<ScenarioStep, { call: string }>;

/** A call that only reads waits, like an expectation, until its answer is the one that is wanted. */
export const reads = (step: CallStep): boolean => step.call.startsWith('GET ');

/** Calls a door that no other step names. In path and answer `{t}` is the id of the ticket t, `{t.number}` its number, and `{org}` the organisation. */
export async function callDoor(world: World, step: CallStep): Promise<void> {
  const [method = '', template = ''] = step.call.split(' ');
  const path = await world.filledIn(template);
  const answer = await world.call(step.as, step.service, method, path, step.body === undefined ? {} : { body: step.body });
  if (answer.status !== step.status) throw new Difference(String(step.status), told(answer));
  if (step.answer === undefined) return;
  const wanted = JSON.parse(await world.filledIn(JSON.stringify(step.answer))) as unknown;
  if (!matches(wanted, answer.body)) throw new Difference(show(wanted), show(answer.body));
}
