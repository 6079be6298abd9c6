import { fileURLToPath } from 'node:url';
import { readPackFolder } from '@gongdan/packs/files';
import { PackFormat2, SampleDirectory } from '@gongdan/packs/format2';
import { describe, expect, it } from '@jest/globals';
import { Speech } from '../texts.js';
import { TrySession } from './session.js';

const { json, directory } = readPackFolder(fileURLToPath(new URL('../../../../../docs/packs-howto/lost-property/', import.meta.url)));

function after(...lines: string[]): string {
  const pack = PackFormat2.parse(json);
  const [open] = pack.process.actions['claim']?.do ?? [];
  // Two approvals, so that one of them must be named.
  if (lines.includes('approve as zhou') && open !== undefined && 'open' in open)
    open.open.tasks.push({ ...open.open.tasks[0], step: 'sign-off' });
  const session = new TrySession(pack, SampleDirectory.parse(directory), new Speech('en'));
  return lines.map((line) => session.run(line).join('\n')).at(-1) ?? '';
}
const LOST = 'register type=lost category=electronics as lin';
const PASSPORT = 'register type=lost category=documents as lin';
const FOUND = 'match shelf=A1 valuable=true value=8000 as lin';

describe('a refusal in the terminal says what stands in the way and what is possible', () => {
  it.each<[string, string[], string]>([
    ['an action of another step', [LOST, 'claim as lin'], 'REFUSED dispatch/illegal-move: claim is not possible in step searching, only on waiting; possible now: match, urge'],
    ['somebody who may not', [PASSPORT, 'urge as he'], 'REFUSED dispatch/not-yours: urge is for: agent, supervisor; who may now: lin'],
    ['somebody who does not see the ticket', [LOST, 'match shelf=A1 as he'], 'REFUSED dispatch/no-case: 404 on the platform: he does not see the ticket; it is with lost-desk, and the roles of he reach airport-police'],
    ['an action too often', [LOST, 'urge as lin', 'urge as lin'], 'REFUSED dispatch/limit-reached: urge was done as often as it may be: 1 × in 60 minutes'],
    ['an unknown action', [LOST, 'mtach as lin'], 'REFUSED dispatch/no-such-action: there is no action mtach; possible now: match, urge'],
    ['one of several tasks', [LOST, FOUND, 'claim as lin', 'approve as zhou'], 'REFUSED dispatch/which-task: several open tasks take approve; write task=3 or task=4'],
    ['a task that is not there', [LOST, FOUND, 'claim as lin', 'approve task=9 as zhou'], 'REFUSED dispatch/task-ended: task 9 is over, or takes another action; open side tasks: 3 sign-off'],
    ['nothing to take', [LOST, FOUND, 'claim as lin', 'take as lin'], 'REFUSED dispatch/illegal-move: no task waits in a pool; possible now: urge, approve task=3, refuse task=3'],
    ['a condition that does not hold', [LOST, 'give-up text=x as lin'], 'REFUSED dispatch/guard: The desk searches for seven days at least (the condition does not hold: time in this step ≥ 7 days)'],
    ['a value that is missing', [LOST, 'match as lin'], 'REFUSED dispatch/missing-fields: shelf is required for this action'],
  ])('%s', (_, lines, refusal) => {
    expect(after(...lines)).toBe(refusal);
  }); // prettier-ignore
});
