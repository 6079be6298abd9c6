import { describe as group, expect, it } from '@jest/globals';
import { mistakesAfter } from './lost-property.js';

group('a mistake about events and clocks', () => {
  it.each<[mistake: string, file: string, from: string, to: string, found: RegExp]>([
    [
      'an unknown event',
      'process',
      'on: sla.clock-breached',
      'on: sla.clock-breach',
      /sla\.clock-breach is not an event; did you mean sla\.clock-breached\?/,
    ],
    [
      'a reaction to an event of dispatch',
      'process',
      'on: sla.clock-breached',
      'on: dispatch.ticket-closed',
      /dispatch\.ticket-closed is dispatch's own/,
    ],
    [
      'a reaction to what notify says',
      'process',
      'on: sla.clock-breached\n    when: { event.clock: keeping }',
      'on: notify.message-failed',
      /notify\.message-failed cannot be used here: reactions hear intake and sla, dispatch\.task-woke and dispatch\.request-answered/,
    ],
    [
      'a property that the event does not tell',
      'sla',
      'stop: [dispatch.ticket-closed]',
      'stop: [{ on: dispatch.ticket-closed, when: { event.outcom: founded } }]',
      /outcom is not told by dispatch\.ticket-closed; (did you mean|it tells)/,
    ],
    [
      'a limit of hours that its calendar cannot count',
      'sla',
      'limit: { days: 90 }',
      'limit: { hours: 999999 }\n    calendar: desk',
      /^sla\.yaml:\d+:\d+ \/clocks\/1\/limit: ends more than a century after its start; write a shorter limit$/,
    ],
    [
      'a limit of days that ends after the year 9999',
      'sla',
      'limit: { days: 90 }',
      'limit: [{ limit: { days: 9000000 } }]',
      /\/clocks\/1\/limit\/0\/limit: ends more than a century after its start/,
    ],
    [
      'an action that does not exist, asked of an event',
      'sla',
      'stop: [dispatch.ticket-closed]',
      'stop: [{ on: dispatch.ticket-advanced, when: { event.action: give-upp } }]',
      /event\.action is never give-upp; did you mean give-up\?/,
    ],
    [
      'an action that is heard by another event',
      'sla',
      'stop: [dispatch.ticket-closed]',
      'stop: [{ on: dispatch.ticket-advanced, when: { event.action: [give-up, hand-over] } }]',
      /give-up says replied and tells dispatch\.ticket-replied instead of dispatch\.ticket-advanced; name that event/,
    ],
    [
      'a notice about a word that has an event of its own',
      'notify',
      'on: dispatch.ticket-accepted',
      'on: dispatch.ticket-advanced\n    when: { event.says: accepted }',
      /what says accepted tells dispatch\.ticket-accepted instead of dispatch\.ticket-advanced; name that event/,
    ],
    [
      'a reaction in the place of an action',
      'sla',
      'stop: [dispatch.ticket-closed]',
      'stop: [{ on: dispatch.ticket-advanced, when: { event.action: unclaimed } }]',
      /event\.action is never unclaimed: it is a reaction, which event\.reaction names/,
    ],
    [
      'a reaction that does not exist, asked of an event',
      'sla',
      'stop: [dispatch.ticket-closed]',
      'stop: [{ on: dispatch.ticket-advanced, when: { event.reaction: unclaimd } }]',
      /event\.reaction is never unclaimd; did you mean unclaimed\?/,
    ],
    [
      'an action that does not exist, asked as a cause',
      'sla',
      'stop: [dispatch.ticket-closed]',
      'stop: [{ on: dispatch.ticket-closed, when: { event.cause.key: give-upp } }]',
      /event\.cause\.key is never give-upp; did you mean give-up\?/,
    ],
    [
      'a clock that does not exist, asked of an event',
      'process',
      'when: { event.clock: keeping }',
      'when: { event.clock: keepin }',
      /event\.clock is never keepin; did you mean keeping\?/,
    ],
    ['an unknown calendar', 'pack', 'calendar: desk', 'calendar: desc', /calendar desc is not declared; did you mean desk\?/],
    ['an unknown template', 'notify', 'template: found', 'template: fond', /template fond is not declared; did you mean found\?/],
    ['an unknown person in a scenario', 'scenarios', 'do: give-up, as: he', 'do: give-up, as: hu', /person hu is not declared/],
    ['a lead that goes to a side step', 'process', 'do: [{ go: answered }]', 'do: [{ go: sign-off }]', /sign-off is a step of side tasks/],
  ])('%s is found with its place and what would be right', (_, file, from, to, mistake) => {
    const found = mistakesAfter(file, [from, to]);
    expect(found).toMatch(mistake);
    if (found !== '') for (const line of found.split('\n')) expect(line).toMatch(/^[a-z-]+\.yaml:\d+:\d+ \//);
  });
});
