import { describe as group, expect, it } from '@jest/globals';
import { mistakesAfter } from './lost-property.js';

group('a mistake in how steps, reactions and tables hang together', () => {
  it.each<[rule: string, file: string, from: string, to: string, mistake: RegExp]>([
    [
      'a step that nobody reaches',
      'process',
      'do: [{ go: answered }]',
      'do: [{ go: not-found }]',
      /nobody reaches step answered: let an action go there/,
    ],
    [
      'a step that nobody leaves',
      'process',
      'do: [{ go: returned }]',
      'do: []',
      /nobody leaves step handing-over: add an action on it that goes on/,
    ],
    [
      'an exit that hangs only on a spent limit',
      'process',
      'form: handover\n    do: [{ go: returned }]',
      'form: handover\n    limit: { times: 1, per: case, else: [{ go: returned }] }\n    do: []',
      /step handing-over is left only by way of hand-over \(spent limit\)/,
    ],
    [
      'a waiting lead whose group does not move it',
      'process',
      'then: [{ go: handing-over }]',
      'then: []',
      /step approving waits for group approval, which has no then/,
    ],
    [
      'a waiting lead whose group can refuse',
      'process',
      'refused: [{ go: waiting }]',
      '',
      /step approving waits for group approval, whose members can refuse/,
    ],
    [
      'two moves in one decision',
      'process',
      'do: [{ go: answered }]',
      'do: [{ go: answered }, { go: not-found }]',
      /a second go without a when/,
    ],
    [
      'a reaction that feeds itself',
      'process',
      'when: { event.clock: keeping }\n    limit: { times: 1, per: run }\n    do: [{ go: not-found, from: [waiting] }]',
      'do: [{ extend: { clock: keeping, by: 3d } }, { go: not-found, from: [waiting] }]\n  answered-request:\n    on: dispatch.request-answered\n    do: [{ extend: { clock: keeping, by: 3d } }]',
      /reaction answered-request causes the event it hears, without end; give one of them a limit/,
    ],
    [
      'a loop through time',
      'process',
      'on: sla.clock-breached\n    when: { event.clock: keeping }\n    limit: { times: 1, per: run }\n    do: [',
      'on: [sla.clock-breached, dispatch.task-woke]\n    do: [{ sleep: { until: 1d } }, ',
      /reaction unclaimed causes the event it hears/,
    ],
    [
      'a table with a hole',
      'routing',
      '    fallback: { unit: lost-desk }',
      '',
      /the table has a hole: a ticket that no row takes \(for example class\.category: luggage\) is held by nobody/,
    ],
    [
      'a start that misses tickets',
      'process',
      '- { go: searching, holder: { route: desks } }',
      '- { when: { class.category: luggage }, go: searching, holder: { route: desks } }',
      /\/start: the table has a hole: .* begins nowhere/,
    ],
    [
      'a row that an earlier one hides',
      'process',
      '- { when: { class.type: complaint }, go: answering',
      '- { when: { class.type: [complaint, lost] }, go: waiting }\n  - { when: { class.type: complaint }, go: answering',
      /\/start\/1: row 2 is never reached: row 1 takes every ticket/,
    ],
    [
      'a side step without an action',
      'process',
      'approve:\n    names: { zh-CN: 同意交还, en: Approve }\n    on: sign-off',
      'approve:\n    names: { zh-CN: 同意交还, en: Approve }\n    on: searching',
      /ends a side task, and none is acted on here/,
    ],
    [
      'an outcome that no action gives',
      'process',
      'refuses: [refused]',
      'refuses: [refusd]',
      /no action ends this task as refusd; did you mean refused\?/,
    ],
  ])('%s is found with its place and what would be right', (_, file, from, to, mistake) => {
    const found = mistakesAfter(file, [from, to]);
    expect(found).toMatch(mistake);
    for (const line of found.split('\n')) expect(line).toMatch(/^[a-z-]+\.yaml:\d+:\d+ \//);
  });
});

group('the ways of a case', () => {
  it('a circle of steps that never leads to a final one is found', () => {
    const found = mistakesAfter(
      'process',
      ['  sign-off:', '  pondering: { names: { zh-CN: 斟酌, en: Pondering }, state: in_progress }\n  sign-off:'],
      [
        'do: [{ go: answered }]\n    says: replied',
        'do: [{ go: pondering }]\n    says: replied\n  ponder: { names: { zh-CN: 斟酌, en: Ponder }, on: pondering, by: holder, do: [{ go: answering }] }',
      ],
    );
    expect(found).toMatch(/step answering never leads to a final step; its ways lead to pondering/);
    expect(found).toMatch(/step pondering never leads to a final step/);
  });
  it('an exit is none when whoever holds the step may not take it', () => {
    const found = mistakesAfter(
      'process',
      ['en: Handing over }, state: accepted }', 'en: Handing over }, state: accepted, holder: { doer: match } }'],
      ['form: handover', 'except: { doer: match }\n    form: handover'],
    );
    expect(found).toMatch(/step handing-over is left only by way of hand-over \(excluded performer\)/);
  });
});
