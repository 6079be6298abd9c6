import { describe as group, expect, it } from '@jest/globals';
import { readPackTexts } from '../disk/pack-texts.js';
import { describe } from '../mistakes.js';
import { exampleTexts, mistakesAfter } from './lost-property.js';

const CLOSED = "sun: ['06:00-24:00'],";

group('what an author guesses wrong', () => {
  it.each<[guess: string, file: string, from: string, to: string, mistake: RegExp]>([
    [
      'a fact written as a word in set',
      'process',
      'shelf: { fact: input.shelf }',
      'shelf: input.shelf',
      /set\/shelf: input\.shelf is a word here, not the value of that fact; write \{ fact: input\.shelf \}/,
    ],
    [
      'a fact written as a word in a condition',
      'process',
      '{ fields.valuable: true }',
      '{ fields.shelf: ticket.unit }',
      /fields\.shelf: ticket\.unit is a word here/,
    ],
    [
      'a day of the week that is none',
      'sla',
      CLOSED,
      "sonday: ['06:00-24:00'],",
      /sonday is not known here; did you mean (sun|mon)\?|known are mon, tue/,
    ],
    ['hours that end before they begin', 'sla', CLOSED, "sun: ['22:00-06:00'],", /hours\/sun\/0: '22:00-06:00' ends before it begins/],
    ['hours that overlap', 'sla', CLOSED, "sun: ['06:00-12:00', '11:00-13:00'],", /hours\/sun: spans overlap/],
    ['a plan on monday', 'intake', 'attributes:', 'plans:\n  - { key: a, names: { zh-CN: 查, en: Check }, every: week, on: monday, at: "08:00", ticket: { type: lost, category: other, title: x } }\nattributes:', /on: must be a weekday such as mon/], // prettier-ignore
    [
      'a sleep until a text',
      'process',
      '- { set: { shelf: { fact: input.shelf }, valuable: { fact: input.valuable } } }',
      '- { sleep: { until: { fact: input.shelf } } }',
      /input\.shelf is a text; needed is instant or date or duration/,
    ],
    [
      'a sleep until the name of a unit',
      'process',
      '- { set: { shelf: { fact: input.shelf }, valuable: { fact: input.valuable } } }',
      '- { sleep: { until: { fact: case.unit } } }',
      /case\.unit is a text; needed is instant/,
    ],
    [
      'an extension until a text',
      'process',
      '- { set: { shelf: { fact: input.shelf }, valuable: { fact: input.valuable } } }',
      '- { extend: { clock: response, until: { fact: input.shelf } } }',
      /input\.shelf is a text; needed is instant or date or duration/,
    ],
    [
      'an end of no task after a group',
      'process',
      'then: [{ go: handing-over }]',
      'then: [{ end: approved }, { go: handing-over }]',
      /then\/0\/end: ends a side task, and none is acted on here/,
    ],
    [
      'a length of time compared as a value',
      'process',
      '{ since.opened: { gte: 7d } }',
      '{ since.opened: 7d }',
      /since\.opened is a length of time that grows; compare it with gt, gte, lt, lte or between/,
    ],
    [
      'a length of time that is not another',
      'process',
      '{ since.opened: { gte: 7d } }',
      '{ since.opened: { not: 7d } }',
      /since\.opened is a length of time that grows/,
    ],
    [
      'a length of time as a value of a field',
      'process',
      'shelf: { fact: input.shelf }',
      'shelf: { fact: since.opened }',
      /since\.opened is a length of time that grows; only a condition can compare it/,
    ],
    [
      'side tasks that open at once and leave out who does the other one',
      'process',
      'except: { doer: match } } }]',
      'except: { doer: approve } } }, { step: sign-off, holder: { unit: lost-desk } }]',
      /tasks\/0\/holder\/except: the tasks of this group open at once: nobody did approve yet/,
    ],
    [
      'a step that is none in what is done at the start',
      'process',
      '- { go: searching, holder: { route: desks } }',
      '- { do: [{ open: { group: look, tasks: [{ step: sign-of }] } }], go: searching, holder: { route: desks } }',
      /start\/1\/do\/0\/open\/tasks\/0\/step: .*sign-of.*sign-off/,
    ],
    ['an event that is missing', 'notify', '    on: dispatch.ticket-accepted\n', '', /on \(string\) is missing; write it/],
    ['choices of a text', 'intake', 'type: text }', 'type: text, choices: [a] }', /only type choice has choices; this is text/],
    ['a choice without choices', 'intake', 'type: text }', 'type: choice }', /a choice needs choices: \[a, b\] or choices: \{key: names\}/],
    ['a word that none of the choices is', 'pack', 'language: zh-CN\n', '', /language is missing; write one of zh-CN, en/],
    ['an unknown key of a shift', 'sample-directory', 'roles: [handler, agent] }', "roles: [handler, agent], shift: { from: ['08:00-20:00'] } }", /from is not known here; known are mon, tue, wed/], // prettier-ignore
  ])('is told with what would be right: %s', (_, file, from, to, mistake) => {
    expect(mistakesAfter(file, [from, to])).toMatch(mistake);
  });
  it('is nothing when side tasks that open at once leave out their own doers at the action', () => {
    const edits = [
      ['except: { doer: match } } }]', 'except: { doer: approve } } }, { step: sign-off, holder: { unit: lost-desk } }]'],
      ['except: { doer: match }\n    do: [{ end: approved }]', 'except: { doer: approve }\n    do: [{ end: approved }]'],
    ] as const;
    expect(mistakesAfter('process', ...edits)).toBe('');
  });
  const READ = /input\.shelf is personal: it is sealed and cannot be read here/;
  it.each([
    ['a sleep reads', '- { sleep: { until: { fact: input.shelf } } }', READ],
    ['a correction of the ticket reads', '- { set: { ticket.title: { fact: input.shelf } } }', READ],
    ['a class reads', '- { classify: { category: { fact: input.shelf } } }', READ],
    ['an open field takes over', '- { set: { place: { fact: input.shelf } } }', /input\.shelf is personal: what is sealed goes only to/],
    ['another ticket gets', '- { register: { type: lost, category: other, title: { fact: input.shelf } } }', /input\.shelf is personal: it is sealed for this ticket/],
    ['a personal field takes over', '- { set: { shelf: { fact: input.shelf } } }', undefined],
  ])('tells of a personal field that %s', (_, effect, told) => {
    const texts = exampleTexts();
    const edit = (file: string, from: string, to: string): unknown => texts.set(file, (texts.get(file) ?? '').replace(from, to));
    const shelf = /shelf:[^\n]*/.exec(texts.get('forms.yaml') ?? '')?.[0] ?? '';
    edit('forms.yaml', shelf, shelf.replace('type: text', 'type: text, tier: personal'));
    edit('process.yaml', '- { set: { shelf: { fact: input.shelf }, valuable: { fact: input.valuable } } }', effect);
    const said = describe(readPackTexts(texts).mistakes);
    if (told === undefined) expect(said).not.toMatch(/personal/);
    else expect(said).toMatch(told);
  }); // prettier-ignore
  it('is nothing when a word only looks like a fact', () => {
    expect(mistakesAfter('process', ['shelf: { fact: input.shelf }', 'shelf: www.example.com'])).toBe('');
  });
});
