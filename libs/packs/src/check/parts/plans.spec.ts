import { describe, expect, it } from '@jest/globals';
import { mistakesAfter } from '../lost-property.js';

const PLAN = `plans:
  - key: shelf-check
    names: { zh-CN: 清点货架, en: Shelf check }
    every: month
    on: last
    workingDays: previous
    at: 09:30
    ticket: { type: lost, category: other, title: '清点 {date}', attributes: { flight: CA1 } }
`;
const CHANNEL = '  - { key: plan, names: { zh-CN: 定期计划, en: Recurring plan } }\n';

/** The mistakes of the example pack with a plan, after edits of the plan. */
function planWith(...edits: (readonly [from: string, to: string])[]): string {
  const first = '  - { key: counter,';
  return mistakesAfter('intake', [first, CHANNEL + first], ['type: text }\n', `type: text }\n${PLAN}`], ...edits);
}

describe('the check of plans', () => {
  it('has nothing to say about a right one', () => {
    expect(planWith()).toBe('');
  });

  it.each<[string, [string, string], RegExp]>([
    [
      'an unknown type',
      ['type: lost', 'type: lots'],
      /intake\.yaml:\d+:21 \/plans\/0\/ticket\/type: type lots is not declared; did you mean lost/,
    ],
    [
      'a title that the date makes longer than a ticket may have',
      ["title: '清点 {date}'", `title: '${'{date}'.repeat(40)}'`],
      /ticket\/title: the title is 400 characters with the date of an occurrence; a ticket has at most 300/,
    ],
    ['an unknown category', ['category: other', 'category: othr'], /ticket\/category: category othr is not declared; did you mean other/],
    ['an unknown attribute', ['flight: CA1', 'fligt: CA1'], /ticket\/attributes\/fligt: fligt is not an attribute/],
    ['an attribute of another type', ['flight: CA1', 'flight: 7'], /attributes\/flight: flight is text, and 7 is not/],
    ['a missing attribute that is required', ['required: [contact.phone]', 'required: [contact.phone, unit, attributes.flight]'], /\/plans\/0\/ticket: unit is required of every ticket/], // prettier-ignore
    [
      'a plan without a channel for its tickets',
      [CHANNEL, ''],
      /\/channels: the tickets of plans come by the channel plan; add \{ key: plan/,
    ],
    ['the channel of plans as that of people', ['defaultChannel: counter', 'defaultChannel: plan'], /\/defaultChannel: plan is reserved for the tickets of plans/], // prettier-ignore
    ['a channel of its own', ['type: lost,', 'channel: phone, type: lost,'], /ticket\/channel: channel is not known here/],
    ['a day that not every month has', ['on: last', 'on: 31'], /:\d+:9 \/plans\/0\/on: not every month has a day 31; write last/],
    ['a weekday of a month', ['on: last', 'on: [1, mon]'], /\/plans\/0\/on\/1: which mon of the month\? Write first-mon or last-mon/],
    [
      'a week without a day',
      ['every: month\n    on: last', 'every: week'],
      /\/plans\/0: on which day of the week\? Write on: \[mon, thu\]/,
    ],
    ['a day of a day', ['every: month', 'every: day'], /\/plans\/0\/on: a plan of every day has no on:/],
    ['an interval without a beginning', ['every: month', 'every: 3 months'], /from which date is 3 months counted\? Write from:/],
    ['a misspelt interval', ['every: month', 'every: monthly'], /\/plans\/0\/every: must be day, week, month, year or an interval/],
    ['a date that does not exist', ['at: 09:30', 'at: 09:30\n    from: 2026-02-30'], /\/plans\/0\/from: there is no date 2026-02-30/],
    ['a plan that ends before it begins', ['at: 09:30', 'at: 09:30\n    from: 2026-05-01\n    to: 2026-04-01'], /\/plans\/0: never occurs/],
    ['a time that does not exist', ['at: 09:30', 'at: 25:30'], /\/plans\/0\/at: must be a time such as 08:30/],
    ['more occurrences a day than people work off', ['at: 09:30', `at: [${Array.from({ length: 25 }, (_, i) => `'0${i % 10}:${10 + i}'`).join(', ')}]`], /:\d+:9 \/plans\/0\/at: 25 occurrences a day; a plan has at most 24/], // prettier-ignore
    ['two plans of one key', [PLAN, PLAN + PLAN.replace('plans:\n', '')], /\/plans\/1\/key: shelf-check stands here twice/],
  ])('finds %s', (_, edit, found) => {
    expect(planWith(edit)).toMatch(found);
  });

  it('finds a plan that is asked for and does not exist', () => {
    expect(mistakesAfter('process', ['{ class.type: complaint }', '{ ticket.plan: shelf-check }'])).toMatch(
      /ticket\.plan is never shelf-check/,
    );
  });
});
