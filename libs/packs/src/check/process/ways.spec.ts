import { describe as group, expect, it } from '@jest/globals';
import { mistakesAfter } from '../lost-property.js';

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
      `refused:
            - { go: not-found, when: { clock.keeping.breached: true } }
            - { go: waiting, when: { clock.keeping.breached: { not: true } } }`,
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
      'two moves whose conditions can hold at the same time',
      'process',
      '{ go: handing-over, when: { fields.valuable: { not: true } } }',
      '{ go: handing-over, when: { class.priority: high } }',
      /claim\/do\/2\/when: the conditions of go: approving and go: handing-over can hold at the same time, .* by fields\.valuable: \{ not: true \} in the second/,
    ],
    [
      'a move that an earlier one hides',
      'process',
      '{ go: handing-over, when: { fields.valuable: { not: true } } }',
      '{ go: handing-over, when: { fields.valuable: true, class.priority: high } }',
      /claim\/do\/2\/go: is never done: go: approving above is done whenever it would be/,
    ],
    [
      'a case that waits for ever after a spent deadline',
      'process',
      `refused:
            - { go: not-found, when: { clock.keeping.breached: true } }
            - { go: waiting, when: { clock.keeping.breached: { not: true } } }`,
      'refused: [{ go: waiting }]',
      /unclaimed\/do\/0\/from: a case can wait in waiting for ever: when clock keeping runs out in approving, unclaimed does not move it/,
    ],
    [
      'a clock that goes on after the end',
      'sla',
      'stop: [dispatch.ticket-closed]',
      'stop: [dispatch.ticket-reopened]',
      /clocks\/1\/stop: clock keeping goes on after the end of the case: .* closes it \(.* -> .*\) and tells nothing that stops it; add dispatch\.ticket-closed to stop or cancel/,
    ],
    [
      'a clock that one end does not stop',
      'sla',
      'stop: [dispatch.ticket-accepted, dispatch.ticket-replied]',
      'stop: [dispatch.ticket-accepted]',
      /clock search goes on after the end of the case: give-up closes it \(searching -> not-found\)/,
    ],
    [
      'a side task of a unit in which nobody works',
      'process',
      'role: duty-manager, of: lost-desk, except: { doer: match }',
      'unit: airport, except: { doer: match }',
      /tasks\/0\/holder\/unit: nobody in sample-directory\.yaml works in unit airport: nobody can do this task/,
    ],
    [
      'a side task of a role that nobody holds',
      'sample-directory',
      'roles: [duty-manager, supervisor]',
      'roles: [supervisor]',
      /tasks\/0\/holder\/role: nobody in sample-directory\.yaml holds role duty-manager in unit lost-desk or above/,
    ],
    [
      'an action of a role that nobody holds',
      'process',
      'by: [{ role: agent }, { role: supervisor }]',
      'by: { role: operator }',
      /urge\/by: nobody in sample-directory\.yaml holds role operator: nobody can do this action/,
    ],
    [
      'an except beside one person',
      'process',
      'holder: { doer: match, waitsFor: customer }',
      'holder: { doer: match, waitsFor: customer, except: { doer: registration } }',
      /waiting\/holder\/except: doer names one person, and except leaves nobody out; write except at the action/,
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
  it('a reaction with a limit is no exit of a step to which the case can come back', () => {
    const found = mistakesAfter(
      'process',
      ['then: [{ go: handing-over }]', 'then: [{ go: waiting }]'],
      ['{ go: handing-over, when: { fields.valuable: { not: true } } }', '{ go: waiting, when: { fields.valuable: { not: true } } }'],
      ['- { go: not-found, when: { clock.keeping.breached: true } }', ''],
    );
    expect(found).toMatch(/step waiting never leads to a final step/);
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
