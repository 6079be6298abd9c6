import { describe as group, expect, it } from '@jest/globals';
import { readPackTexts } from '../disk/pack-texts.js';
import { describe } from '../mistakes.js';
import { exampleTexts, mistakesAfter } from './lost-property.js';

group('what somebody writes who reads only the how-to', () => {
  it.each<[what: string, file: string, from: string, to: string, mistake: RegExp]>([
    [
      'yes where a field is required',
      'forms',
      'required: true, max: 40',
      'required: yes, max: 40',
      /required: yes is a text here; write true/,
    ],
    ['a number in quotes', 'forms', 'max: 40', "max: '40'", /max: expected a number; remove the quotes/],
    ['a share in per cent', 'sla', 'ratio: 0.8', 'ratio: 80%', /ratio: expected a number; write 0\.8 for 80%/],
    ['a type that has another name here', 'forms', 'type: boolean', 'type: checkbox', /checkbox is not possible; did you mean boolean\?/],
    ['an image', 'forms', 'type: text, required: true, max: 40', 'type: photo', /photo is not possible; did you mean file\?/],
    ['an integer at registration', 'intake', 'type: text', 'type: integer', /integer is not possible; did you mean number\?/],
    ['a table for a list of keys', 'catalogue', '  - { key: lost, names: { zh-CN: 报失, en: Lost item } }\n  - { key: complaint, names: { zh-CN: 投诉, en: Complaint } }', '  lost: { names: { zh-CN: 报失, en: Lost item } }\n  complaint: { names: { zh-CN: 投诉, en: Complaint } }', /expected a list; write - \{ key: lost, … \} instead of lost: \{ … \}/], // prettier-ignore
    [
      'one effect without the list',
      'process',
      'do: [{ go: returned }]',
      'do: { go: returned }',
      /do: expected a list; write \[\{ go: … \}\]/,
    ],
    ['a party that is none', 'process', 'waitsFor: customer }', 'waitsFor: police }', /waitsFor: police is not possible; possible are customer, third-party, force-majeure, \{ group: … \}/], // prettier-ignore
    ['a number for a limit', 'process', 'limit: { times: 1, per: run }', 'limit: 2', /limit: expected a table; write for example \{ days: 3 \} for a clock or \{ times: 2, per: case \}/], // prettier-ignore
    [
      'a fact without fact:',
      'sla',
      '{ days: 90 }',
      '{ field: fields.visitAt }',
      /limit\/field: expected a fact; write \{ fact: fields\.visitAt \}/,
    ],
    ['on: without when:', 'sla', 'start: [dispatch.ticket-accepted]', 'start: [{ on: dispatch.ticket-accepted }]', /start\/0: when is missing; write dispatch\.ticket-accepted alone, or add when: \{ fact: value \}/], // prettier-ignore
    ['a role without names:', 'pack', '{ names: { zh-CN: 值班经理, en: Duty manager } }', '{ zh-CN: 值班经理, en: Duty manager }', /duty-manager: write names: \{ zh-CN: …, en: … \} instead of both languages alone/], // prettier-ignore
    ['role: for roles:', 'sample-directory', 'roles: [handler, agent]', 'role: handler', /role is not known here; did you mean roles\?/],
    ['what is told anyway', 'process', 'says: accepted', 'says: dispatched', /says: dispatched is told by itself, by going to a step with the state dispatched; remove it/], // prettier-ignore
    ['an event named like a word of says', 'sla', 'stop: [dispatch.ticket-closed]', 'stop: [dispatch.ticket-visited, dispatch.ticket-closed]', /dispatch\.ticket-visited is not an event: what an action says as visited is told as dispatch\.ticket-advanced; write \{ on: dispatch\.ticket-advanced, when: \{ event\.says: visited \} \}/], // prettier-ignore
    ['a field that no pack can require', 'intake', '[contact.phone]', '[place.coordinates]', /place\.coordinates is not a field a pack can require; possible are contact\.name, .*attributes\.flight/], // prettier-ignore
    [
      'yes in a condition',
      'process',
      '{ fields.valuable: true }',
      '{ fields.valuable: yes }',
      /fields\.valuable is true or false, never yes; write true/,
    ],
    ['a side task of a step that is nowhere', 'process', 'step: sign-off, holder', 'step: counter-check, holder', /step counter-check is not declared; add it to steps: of process\.yaml/], // prettier-ignore
    [
      'a deadline that is a text',
      'sla',
      '{ days: 90 }',
      '{ field: { fact: fields.shelf } }',
      /limit\/field: fields\.shelf is a text; needed is instant or date/,
    ],
    [
      'a deadline that is a unit',
      'sla',
      '{ days: 90 }',
      '{ field: { fact: case.unit } }',
      /limit\/field: case\.unit is a text; needed is instant or date/,
    ],
    ['a deputy who is nobody', 'sample-directory', 'people:\n', 'deputies: [{ deputy: lim, of: zhou, from: 2026-03-02, until: 2026-03-06 }]\npeople:\n', /deputies\/0\/deputy: person lim is not declared; did you mean lin\?/], // prettier-ignore
    ['a deputy of himself', 'sample-directory', 'people:\n', 'deputies: [{ deputy: lin, of: lin, from: 2026-03-02, until: 2026-03-06 }]\npeople:\n', /deputies\/0\/deputy: lin cannot be the deputy of himself; name somebody else/], // prettier-ignore
    ['a deputyship that ends before it begins', 'sample-directory', 'people:\n', 'deputies: [{ deputy: lin, of: zhou, from: 2026-03-06, until: 2026-03-02 }]\npeople:\n', /deputies\/0\/until: ends before it begins; write the last day/], // prettier-ignore
    ['a deputyship from a day of the week', 'sample-directory', 'people:\n', 'deputies: [{ deputy: lin, of: zhou, from: monday, until: 2026-03-02 }]\npeople:\n', /deputies\/0\/from: must be a date such as 2026-03-02, or an instant with its offset/], // prettier-ignore
    ['a clock that is none, in an expectation', 'scenarios', '{ expect: { step: waiting, waitsFor: customer } }', '{ expect: { step: waiting, clocks: { keepin: running } } }', /expect\/clocks\/keepin: clock keepin is not declared; did you mean keeping\?/], // prettier-ignore
    ['a field that no form has, in an expectation', 'scenarios', '{ expect: { step: waiting, waitsFor: customer } }', '{ expect: { step: waiting, fields: { shelff: null } } }', /expect\/fields\/shelff: fields\.shelff: no form has this field and no effect sets it; did you mean fields\.shelf\?/], // prettier-ignore
    ['a part of the class that is none, in an expectation', 'scenarios', '{ expect: { step: waiting, waitsFor: customer } }', '{ expect: { step: waiting, class: { categry: null } } }', /expect\/class\/categry: class\.categry is not a fact; did you mean class\.category\?/], // prettier-ignore
    ['what an event does not tell, where it must not happen', 'scenarios', '{ expect: { step: waiting, waitsFor: customer } }', '{ event: sla.clock-breached, when: { clok: keeping }, times: 0 }', /when\/clok: clok is not told by sla\.clock-breached; did you mean clock\?/], // prettier-ignore
    ['a queue that is none, from which nothing is handed out', 'scenarios', '{ expect: { step: waiting, waitsFor: customer } }', '{ next: lost-dek, as: lin, ticket: null }', /next: unit lost-dek is not declared; did you mean lost-desk\?/], // prettier-ignore
    ['an action that is none, on many tickets', 'scenarios', '{ expect: { step: waiting, waitsFor: customer } }', '{ bulk: claimm, tickets: [t], as: lin, results: { t: 404 } }', /bulk: action claimm is not declared; did you mean claim\?/], // prettier-ignore
    ['somebody who is nobody, where he must not see the ticket', 'scenarios', '{ expect: { step: waiting, waitsFor: customer } }', '{ expect: { see: { as: linn, status: 404 } } }', /see\/as: person linn is not declared; did you mean lin\?/], // prettier-ignore
    ['a state that no clock has', 'scenarios', '{ expect: { step: waiting, waitsFor: customer } }', '{ expect: { step: waiting, clocks: { keeping: going } } }', /clocks\/keeping: going is not possible; possible are none, running, paused, stopped, cancelled, met, breached/], // prettier-ignore
    ['a pattern without end', 'forms', 'max: 40', "max: 40, pattern: '[A-Z]+'", /shelf\/pattern: must be characters and classes with a number of times, such as \[0-9\]\{4\}-\[A-Z\]\{2\}/], // prettier-ignore
    [
      'a pattern of a number',
      'forms',
      'type: boolean',
      "type: boolean, pattern: '[0-9]'",
      /pattern belongs to fields of type text; valuable is a boolean/,
    ],
    ['an unknown field required on a condition', 'intake', '[contact.phone]', '[{ field: contact.fax, when: { class.type: lost } }]', /required\/0: contact\.fax is not a field a pack can require/], // prettier-ignore
    ['a condition about what comes later', 'intake', '[contact.phone]', '[{ field: contact.phone, when: { fields.valuable: true } }]', /required\/0\/when\/fields\.valuable: fields\.valuable is not known yet at registration; use class\.…/], // prettier-ignore
    ['a condition with a word that is none', 'intake', '[contact.phone]', '[{ field: contact.phone, when: { class.type: lots } }]', /class\.type is never lots; did you mean lost\?|type lots is not declared/], // prettier-ignore
    ['a personal attribute', 'intake', 'type: text }', 'type: text, tier: personal }', /tier: attributes are open to everybody who sees the ticket; ask for what is personal in the form of the first action/], // prettier-ignore
    [
      'a pattern of a date attribute',
      'intake',
      'type: text }',
      "type: date, pattern: '[0-9]' }",
      /attributes\/0\/pattern: pattern belongs to fields of type text; flight is a date/,
    ],
    ['a plan that leaves out what its tickets must have', 'intake', 'required: [contact.phone]\nattributes:', 'required: [{ field: attributes.flight, when: { ticket.channel: plan } }]\nplans: [{ key: a, names: { zh-CN: 查, en: Check }, every: day, at: "08:00", ticket: { type: lost, category: other, title: x } }]\nattributes:', /plans\/0\/ticket: attributes\.flight is required/], // prettier-ignore
    ['a table that nothing uses', 'process', '{ go: searching, holder: { route: desks } }', '{ go: searching, holder: { unit: lost-desk } }', /routing\.yaml:\d+:\d+ \/tables\/desks: nothing uses table desks; write holder: \{ route: desks \}, or remove it/], // prettier-ignore
    ['a length for a limit', 'sla', 'limit: { days: 90 }', 'limit: 90d', /limit: expected a table; write \{ days: 90 \}/], // prettier-ignore
    ['a length before the end', 'sla', 'warnings: []', 'warnings: [{ key: a, before: 3d }]', /before: expected a table; write \{ days: 3 \}/], // prettier-ignore
    ['two units of a limit', 'sla', 'limit: { days: 90 }', 'limit: { days: 90, hours: 2 }', /limit\/days: days cannot stand beside hours; keep one of them/], // prettier-ignore
    ['an action for an event', 'sla', 'start: [intake.ticket-registered]', 'start: [match]', /start\/0: match is an action; write dispatch\.ticket-accepted, or \{ on: dispatch\.ticket-accepted, when: \{ event\.cause\.key: match \} \}/], // prettier-ignore
    ['no for false', 'forms', 'default: false', 'default: no', /default: default no is not true or false; write false/], // prettier-ignore
    ['a sleep without until', 'process', '- { set: { shelf: { fact: input.shelf }, valuable: { fact: input.valuable } } }', '- { sleep: 3d }', /sleep: expected a table; write \{ until: 3d \}/], // prettier-ignore
    ['an action that nobody may do', 'process', '    by: holder\n    form: found', '    form: found', /by is missing; write holder, unit, machine, customer, \{ role: … \} or a list of these/], // prettier-ignore
    ['a notice as an effect', 'process', '- { set: { shelf: { fact: input.shelf }, valuable: { fact: input.valuable } } }', '- notify: owner-told', /notify is no effect: who is told what stands in notify\.yaml/], // prettier-ignore
    ['an event named after a clock', 'process', 'on: sla.clock-breached', 'on: sla.keeping-breached', /sla\.keeping-breached is not an event; write sla\.clock-breached with when: \{ event\.clock: keeping \}/], // prettier-ignore
    ['a property of the event without event.', 'process', 'when: { event.clock: keeping }', 'when: { clock: keeping }', /clock is not a fact; did you mean event\.clock\?/], // prettier-ignore
    ['by for as', 'scenarios', '{ do: claim, as: lin }', '{ do: claim, by: lin }', /by is not known here; did you mean as\?/], // prettier-ignore
    ['holder for person', 'scenarios', '{ expect: { step: waiting, waitsFor: customer } }', '{ expect: { step: waiting, holder: lin } }', /holder is not known here; did you mean person\?/], // prettier-ignore
    ['a state that is none, in an expectation', 'scenarios', '{ expect: { step: waiting, waitsFor: customer } }', '{ expect: { state: closd } }', /expect\/state: closd is not a state; did you mean closed\?/], // prettier-ignore
    ['a unit for a holder in a table', 'routing', 'fallback: { unit: lost-desk }', 'fallback: lost-desk', /fallback: lost-desk is no rule; write \{ unit: lost-desk \}/], // prettier-ignore
    ['a reason in one language', 'routing', 'why: { zh-CN: 证件由机场公安保管, en: Documents are kept by the airport police }', 'why: police', /why: expected both languages; write \{ zh-CN: …, en: … \}/], // prettier-ignore
    ['choices as a list', 'forms', 'choices:\n        passport: { zh-CN: 护照, en: Passport }\n        id-card: { zh-CN: 身份证, en: Identity card }', 'choices: [passport, id-card]', /choices: expected both languages for each; write \{ passport: \{ zh-CN: …, en: … \}, … \}/], // prettier-ignore
    ['a doer for who is left out', 'process', 'except: { doer: match } } }]', 'except: match } }]', /except: expected a table; write \{ doer: match \}/], // prettier-ignore
    ['two steps at once', 'process', 'do: [{ go: returned }]', 'do: [{ go: [returned, not-found] }]', /go: expected one value and not a list; write one item for each, with a when/], // prettier-ignore
    ['a role of a unit that is none, in a notice', 'notify', 'to: [reporter]', 'to: [{ role: duty-manager, of: airprt }]', /to\/0\/of: unit airprt is not declared; did you mean airport\?/], // prettier-ignore
    ['skills as a list', 'sample-directory', 'roles: [handler, agent] }', 'roles: [handler, agent], skills: [welding] }', /skills: expected a table; write \{ welding: 1 \}/], // prettier-ignore
    ['latitude and longitude without coordinates', 'sample-directory', 'parent: airport }', 'parent: airport, lat: 31.2, lon: 121.4 }', /lat is not known here; write coordinates: \{ latitude: …, longitude: … \}/], // prettier-ignore
  ])('is told with what would be right: %s', (_, file, from, to, mistake) => {
    expect(mistakesAfter(file, [from, to])).toMatch(mistake);
  });
  it.each<[what: string, file: string, edits: [from: string, to: string][], count: number]>([
    ['a role without names:', 'pack', [['{ names: { zh-CN: 值班经理, en: Duty manager } }', '{ zh-CN: 值班经理, en: Duty manager }']], 1],
    ['role: for roles:', 'sample-directory', [['roles: [handler, agent]', 'role: handler']], 1],
    ['a group whose refused: is no list', 'process', [['            - { go: not-found, when: { clock.keeping.breached: true } }\n            - { go: waiting, when: { clock.keeping.breached: { not: true } } }', '            go: waiting']], 1], // prettier-ignore
    ['a clock that could not be read', 'sla', [['{ days: 90 }', '{ field: fields.visitAt }']], 1],
  ])('is one mistake, and nothing that only follows from it is told: %s', (_, file, edits, count) => {
    expect(mistakesAfter(file, ...edits).split('\n')).toHaveLength(count);
  });
  it('tells that a deadline cannot be a personal field, which no clock can read', () => {
    const texts = exampleTexts();
    const edit = (file: string, from: string, to: string): unknown => texts.set(file, (texts.get(file) ?? '').replace(from, to));
    edit('forms.yaml', 'max: 40 }', 'max: 40 }\n    promised: { names: { zh-CN: 约定, en: Promised }, type: date, tier: personal }');
    edit('sla.yaml', '{ days: 90 }', '{ field: { fact: fields.promised } }');
    expect(describe(readPackTexts(texts).mistakes)).toMatch(
      /limit\/field: fields\.promised is personal: it is sealed and cannot be read here/,
    );
  });
  it('takes clocks in what a scenario expects, by a word or in detail, and a mail without its number', () => {
    const from = '{ expect: { step: waiting, waitsFor: customer } }';
    const to = `{ expect: { step: waiting, clocks: { search: met, keeping: { state: running, dueAt: 2026-05-31T09:00:00+08:00 } } } }\n    - { mail: found }`;
    expect(mistakesAfter('scenarios', [from, to])).toBe('');
  });
  it('takes a date and a pattern at registration, and what is required of some tickets only', () => {
    const edits: [string, string][] = [
      ['[contact.phone]', '[contact.phone, { field: attributes.flight, when: { class.type: lost, class.category: { not: documents } } }]'],
      [
        'type: text }',
        "type: text, pattern: '[A-Z]{2}[0-9]{3,4}' }\n  - { key: lostOn, names: { zh-CN: 遗失日期, en: Lost on }, type: date }",
      ],
    ];
    expect(mistakesAfter('intake', ...edits)).toBe('');
  });
  it('takes the time since a date of a form or of the registration, and tells of a text that is no date', () => {
    const texts = exampleTexts();
    const edit = (file: string, from: string, to: string): unknown => texts.set(file, (texts.get(file) ?? '').replace(from, to));
    edit('intake.yaml', 'type: text }', 'type: text }\n  - { key: lostOn, names: { zh-CN: 遗失日期, en: Lost on }, type: date }');
    edit('forms.yaml', 'max: 40 }', 'max: 40 }\n    foundOn: { names: { zh-CN: 拾获日期, en: Found on }, type: date }');
    edit(
      'process.yaml',
      'form: found\n',
      'form: found\n    when: { since.input.foundOn: { lte: 30d }, since.attributes.lostOn: { lte: 3mo } }\n',
    );
    edit('process.yaml', '{ since.opened: { gte: 7d } }', '{ since.fields.foundOn: { gte: 7d } }');
    expect(describe(readPackTexts(texts).mistakes)).toBe('');
    edit('process.yaml', 'since.fields.foundOn', 'since.fields.shelf');
    expect(describe(readPackTexts(texts).mistakes)).toMatch(
      /since counts from a date or an instant, and fields\.shelf is neither, or is sealed/,
    );
    edit('process.yaml', 'since.fields.shelf', 'since.input.foundOn');
    expect(describe(readPackTexts(texts).mistakes)).toMatch(/foundOn is not a field of form message/);
  });
  it('takes a date for a deadline, and a warning some days before it', () => {
    const texts = exampleTexts();
    const edit = (file: string, from: string, to: string): unknown => texts.set(file, (texts.get(file) ?? '').replace(from, to));
    edit('forms.yaml', 'max: 40 }', 'max: 40 }\n    promised: { names: { zh-CN: 约定, en: Promised }, type: date }');
    edit('sla.yaml', '{ days: 90 }', '{ field: { fact: fields.promised } }');
    edit('sla.yaml', 'warnings: []', 'warnings: [{ key: week, before: { days: 7 } }]');
    expect(describe(readPackTexts(texts).mistakes)).toBe('');
  });
  it('tells the other mistakes of a part in which a key is missing, or a table stands for a list', () => {
    expect(mistakesAfter('intake', ['defaultChannel: counter\n', ''], ['contact.phone', 'contact.fax'])).toMatch(
      /contact\.fax is not a field/,
    );
    expect(
      mistakesAfter(
        'catalogue',
        ['  - { key: lost, names: { zh-CN: 报失, en: Lost item } }\n  - { key: complaint, names: { zh-CN: 投诉, en: Complaint } }', '  lost: { names: { zh-CN: 报失, en: Lost item } }\n  complaint: { names: { zh-CN: 投诉, en: Complaint } }'], // prettier-ignore
        ['{ key: other, names', '{ key: other, parent: nowhere, names'],
      ),
    ).toMatch(/nowhere/);
  });
});
