import { describe as group, expect, it } from '@jest/globals';
import { readPackTexts } from '../disk/pack-texts.js';
import { describe } from '../mistakes.js';
import { exampleTexts, mistakesAfter } from './lost-property.js';

group('a format-2 pack without mistakes', () => {
  it('is accepted', () => {
    expect(describe(readPackTexts(exampleTexts()).mistakes)).toBe('');
  });
  it('may leave out parts that have an empty meaning', () => {
    const texts = exampleTexts();
    for (const part of ['notify', 'scenarios', 'sample-directory']) texts.delete(`${part}.yaml`);
    expect(describe(readPackTexts(texts).mistakes)).toBe('');
  });
});

group('the one mistake of a pack', () => {
  it.each<[rule: string, file: string, from: string, to: string, mistake: RegExp]>([
    [
      'an unknown key',
      'process',
      'by: holder\n    form: found',
      'by: holder\n    fom: found',
      /process\.yaml:\d+:5 \/actions\/match\/fom: fom is not known here; did you mean form\?/,
    ],
    [
      'an unknown key in an effect',
      'process',
      'do: [{ go: not-found }]',
      'do: [{ go: not-found, hodler: self }]',
      /hodler is not known here; did you mean holder\?/,
    ],
    [
      'an effect that is none',
      'process',
      'do: [{ go: not-found }]',
      'do: [{ goto: not-found }]',
      /goto is not known here; did you mean go\?/,
    ],
    [
      'two effects in one',
      'process',
      'do: [{ go: not-found }]',
      'do: [{ go: not-found, set: { shelf: x } }]',
      /does go and set at once; write one effect per list item/,
    ],
    [
      'an unknown fact',
      'process',
      '{ since.opened: { gte: 7d } }',
      '{ since.openend: { gte: 7d } }',
      /since\.openend is not a fact; did you mean since\.opened\?/,
    ],
    [
      'an unknown fact about linked tickets',
      'process',
      '{ since.opened: { gte: 7d } }',
      '{ links.child.opened: 0 }',
      /links\.child\.opened is not a fact; facts of this kind are links\.<kind>\.open, \.count and \.unit/,
    ],
    [
      'a fact of an event without an event',
      'process',
      '{ since.opened: { gte: 7d } }',
      '{ event.clock: search }',
      /event\.clock is known only where an event triggers/,
    ],
    [
      'a field that the form does not have',
      'process',
      'valuable: { fact: input.valuable }',
      'valuable: { fact: input.valueable }',
      /valueable is not a field of form found; did you mean valuable\?/,
    ],
    [
      'a field of a form where none comes',
      'process',
      'when: { fields.valuable: true }\n      - { go: approving',
      'when: { input.valuable: true }\n      - { go: approving',
      /input\.valuable is what a form brings, and no form comes with this/,
    ],
    [
      'a field that nobody declares',
      'process',
      '- { go: approving, when: { fields.valuable: true } }',
      '- { go: approving, when: { fields.worth: true } }',
      /fields\.worth: no form has this field and no effect sets it/,
    ],
    [
      'a value that a fact never has',
      'process',
      'when: { class.type: complaint }',
      'when: { class.type: complain }',
      /class\.type is never complain; did you mean complaint\?/,
    ],
    ['a length of time that is none', 'process', '{ gte: 7d }', '{ gte: 7days }', /since\.opened is a length of time; write 30min/],
    [
      'a comparison that has no order',
      'process',
      '{ since.opened: { gte: 7d } }',
      '{ class.priority: { gte: high } }',
      /class\.priority has no order/,
    ],
    [
      'an unknown role',
      'process',
      'role: duty-manager, of: lost-desk, except',
      'role: duty-manger, of: lost-desk, except',
      /role duty-manger is not declared; did you mean duty-manager\?/,
    ],
    [
      'an unknown unit',
      'routing',
      'fallback: { unit: lost-desk }',
      'fallback: { unit: lost-desks }',
      /unit lost-desks is not declared; did you mean lost-desk\?/,
    ],
    [
      'an unknown step',
      'process',
      'do: [{ go: answered }]',
      'do: [{ go: answred }]',
      /step answred is not declared; did you mean answered\?/,
    ],
    [
      'an unknown action',
      'process',
      'except: { doer: match } } }]',
      'except: { doer: mach } } }]',
      /action mach is not declared; did you mean match\?/,
    ],
    ['an unknown form', 'process', 'form: opinion', 'form: opinions', /form opinions is not declared; did you mean opinion\?/],
    ['an unknown table', 'process', 'route: desks', 'route: desk', /table desk is not declared; did you mean desks\?/],
    [
      'a limit within minutes that is never reached',
      'process',
      'limit: { times: 1, per: { minutes: 60 } }',
      'limit: { times: 17, per: { minutes: 60 } }',
      /\/actions\/[a-z-]+\/limit\/times: a limit within minutes counts 16 times at most; write fewer, or per: run/,
    ],
    [
      'an unknown group',
      'process',
      '{ waitsFor: { group: approval } }',
      '{ waitsFor: { group: aproval } }',
      /group aproval is not declared; did you mean approval\?/,
    ],
    [
      'a state that does not fit a final step',
      'process',
      'state: closed, final: true }\n  not-found',
      'state: accepted, final: true }\n  not-found',
      /a final step has one of the states closed/,
    ],
    [
      'a field with the name of an event and another type',
      'forms',
      'text: { names: { zh-CN: 告知旅客, en: Message to the passenger }, type: text, required: true, max: 2000, tier: public }',
      'text: { names: { zh-CN: 告知旅客, en: Message to the passenger }, type: boolean }',
      /text is what events carry under this name and must be text/,
    ],
    [
      'an answer without its text',
      'forms',
      'message:\n  fields:\n    text:',
      'message:\n  fields:\n    words:',
      /replied tells text; the form needs a field text/,
    ],
    ['a form that no action uses', 'process', 'by: holder\n    form: opinion\n', 'by: holder\n', /no action uses form opinion/],
    [
      'choices of a field that is none',
      'forms',
      'type: choice\n      required: true',
      'type: text\n      required: true',
      /choices belongs to fields of type choice or choices; identity is a text/,
    ],
    [
      'a unit where a rule is needed',
      'process',
      'state: in_progress }',
      'state: in_progress, holder: lost-desk }',
      /lost-desk is no rule; write \{ unit: lost-desk \}/,
    ],
    [
      'a role where a performer is needed',
      'process',
      'by: holder\n    form: handover',
      'by: agent\n    form: handover',
      /agent is not possible; write holder, .*\{ role: agent \}/,
    ],
    [
      'a condition written as an expression',
      'process',
      'when: { since.opened: { gte: 7d } }',
      'when: since.opened >= 7d',
      /expected a condition; write \{ fact: value \}/,
    ],
    ['one item where a list is needed', 'notify', 'to: [reporter]', 'to: reporter', /expected a list; write \[reporter\]/],
    [
      'a name in one language',
      'process',
      'names: { zh-CN: 已找到, en: Found }',
      'names: Found',
      /expected both languages; write \{ zh-CN: …, en: … \}/,
    ],
    [
      'yes instead of true',
      'process',
      'en: Returned }, state: closed, final: true',
      'en: Returned }, state: closed, final: yes',
      /yes is a text here; write true/,
    ],
    [
      'a missing translation',
      'process',
      'names: { zh-CN: 已找到, en: Found }',
      'names: { zh-CN: 已找到 }',
      /\/actions\/match\/names\/en: the English text is missing; write it/,
    ],
    [
      'an English text in Chinese',
      'process',
      'names: { zh-CN: 已找到, en: Found }',
      'names: { zh-CN: 已找到, en: 已找到 }',
      /the English text is Chinese: 已找到; translate it/,
    ],
    [
      'a cascade to an action that admits no machine',
      'process',
      'do: [{ go: answered }]',
      'do: [{ cascade: { links: child, action: answer } }, { go: answered }]',
      /answer does not admit machine/,
    ],
    [
      'a group that outlives the lead and moves it from anywhere',
      'process',
      'group: approval\n',
      'group: approval\n          outlives: true\n',
      /the group outlives the lead; say from which steps/,
    ],
    [
      'a number without quotes',
      'scenarios',
      "contact: { phone: '13800000001' }",
      'contact: { phone: 13800000001 }',
      /expected a text; put 13800000001 in quotes/,
    ],
    [
      'a unit that is its own ancestor',
      'sample-directory',
      'parent: airport }\n  - { key: airport-police',
      'parent: lost-desk }\n  - { key: airport-police',
      /lost-desk is its own ancestor/,
    ],
  ])('%s is found with its place and what would be right', (_, file, from, to, mistake) => {
    const found = mistakesAfter(file, [from, to]);
    expect(found).toMatch(mistake);
    if (found !== '') for (const line of found.split('\n')) expect(line).toMatch(/^[a-z-]+\.yaml:\d+:\d+ \//);
  });
});

group('several mistakes of a pack', () => {
  it('are reported at once, those of names beside those of shape', () => {
    const texts = exampleTexts();
    const edit = (file: string, from: string, to: string): void => void texts.set(file, (texts.get(file) ?? '').replace(from, to));
    edit('process.yaml', 'form: found', 'fom: found');
    edit('process.yaml', 'go: answered', 'go: answred');
    edit('sla.yaml', 'limit: { days: 90 }', 'limit: { day: 90 }');
    edit('notify.yaml', 'to: [reporter]', 'to: [{ role: nobody }]');
    edit('catalogue.yaml', 'defaultPriority: normal', 'defaultPriority: usual');
    const found = describe(readPackTexts(texts).mistakes);
    for (const mistake of [
      /fom is not known here/,
      /step answred is not declared/,
      /day is not known here; did you mean days/,
      /role nobody is not declared/,
      /priority usual is not declared/,
    ])
      expect(found).toMatch(mistake);
  });
  it('a broken value hides no mistake beside it, and what only follows from it is not reported', () => {
    const found = mistakesAfter('intake', ['required: [contact.phone]', 'required: contact.phone'], ['{seq:5}', '{seq}']);
    expect(found).toMatch(/required: expected a list/);
    expect(found).toMatch(/format: must hold exactly one \{seq:n\}/);
    expect(mistakesAfter('process', ['state: in_progress }', 'state: in-progress }'])).toMatch(
      /^[^\n]*in-progress is not possible; did you mean in_progress[^\n]*$/,
    );
  });
  it('a mistake in one list item keeps the places of the items after it', () => {
    const texts = exampleTexts();
    texts.set(
      'routing.yaml',
      'tables:\n  desks:\n    rules:\n      - { key: a, when: 5, holder: { unit: lost-desk } }\n      - { key: b, when: { class.categry: other }, holder: { unit: lost-desk } }\n    fallback: { unit: lost-desk }\n',
    );
    expect(describe(readPackTexts(texts).mistakes)).toMatch(
      /routing\.yaml:5:\d+ \/tables\/desks\/rules\/1\/when\/class\.categry: class\.categry is not a fact; did you mean class\.category\?/,
    );
  });
});
