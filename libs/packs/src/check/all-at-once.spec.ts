import { describe as group, expect, it } from '@jest/globals';
import { readPackTexts } from '../disk/pack-texts.js';
import { type PackFormat2 } from '../format2/index.js';
import { checkPack, describe } from '../mistakes.js';
import { exampleTexts, mistakesAfter } from './lost-property.js';

type Edit = readonly [file: string, from: string, to: string];

/** One mistake of each kind that the check promises to find. */
const BROKEN: readonly (readonly [kind: string, edit: Edit, found: RegExp])[] = [
  [
    'an unknown key',
    ['process', 'form: opinion\n', 'form: opinion\n    fom: x\n'],
    /process\.yaml:\d+:5 \/actions\/refuse\/fom: fom is not known here; did you mean form\?/,
  ],
  [
    'an unknown fact',
    ['process', '{ class.type: complaint }', '{ class.typ: complaint }'],
    /class\.typ is not a fact; did you mean class\.type\?/,
  ],
  [
    'an unknown role',
    ['process', '[{ role: agent }, ', '[{ role: agnt }, '],
    /by\/0\/role: role agnt is not declared; did you mean agent\?/,
  ],
  [
    'a step that nobody reaches',
    ['process', '  sign-off: {', '  limbo: { names: { zh-CN: 悬, en: Limbo }, state: in_progress }\n  sign-off: {'],
    /process\.yaml:\d+:3 \/steps\/limbo: nobody (leaves|reaches) step limbo/,
  ],
  [
    'a step that nobody leaves',
    ['process', 'do: [{ go: answered }]', 'do: [{ go: stuck }]'],
    /process\.yaml:\d+:3 \/steps\/stuck: nobody leaves step stuck: add an action on it/,
  ],
  [
    'the declaration of that step',
    ['process', '  withdrawn: {', '  stuck: { names: { zh-CN: 卡, en: Stuck }, state: in_progress }\n  withdrawn: {'],
    /step answering never leads to a final step; its ways lead to stuck/,
  ],
  [
    'a table with a hole',
    ['routing', '    fallback: { unit: lost-desk }\n', ''],
    /routing\.yaml:2:3 \/tables\/desks: the table has a hole/,
  ],
  [
    'a table with an overlap',
    [
      'routing',
      '    rules:\n',
      '    rules:\n      - { key: all, when: { class.category: [documents, other] }, holder: { unit: lost-desk } }\n',
    ],
    /routing\.yaml:\d+:9 \/tables\/desks\/rules\/1: row 2 is never reached/,
  ],
  [
    'a form field that is not declared',
    ['process', 'input.shelf }', 'input.shelff }'],
    /shelff is not a field of form found; did you mean shelf\?/,
  ],
  [
    'a reaction that feeds itself',
    ['process', 'reactions:\n', 'reactions:\n  ping:\n    on: dispatch.task-woke\n    do: [{ sleep: { until: 1h } }]\n'],
    /process\.yaml:\d+:3 \/reactions\/ping: reaction ping causes the event it hears, without end/,
  ],
  [
    'a refusal without a translation',
    ['process', ', en: The desk searches for seven days at least }', ' }'],
    /unless\/en: the English text is missing/,
  ],
  [
    'a choice without a translation',
    ['forms', 'passport: { zh-CN: 护照, en: Passport }', 'passport: { zh-CN: 护照 }'],
    /passport\/en: the English text is missing/,
  ],
  [
    'a mail without a subject',
    ['notify', "subject: 'Your item was found ({{number}})'", "subject: ''"],
    /found\/en\/subject: is empty; write a text/,
  ],
];

group('a pack with one mistake of each kind', () => {
  const texts = exampleTexts();
  for (const [, [file, from, to]] of BROKEN) {
    const text = texts.get(`${file}.yaml`) ?? '';
    if (!text.includes(from)) throw new Error(`${file}.yaml has no text ${from}`);
    texts.set(
      `${file}.yaml`,
      text.replace(from, () => to),
    );
  }
  const found = describe(readPackTexts(texts).mistakes);
  // A key that is not known makes the graph of steps unsure, so those two wait until the key is right.
  const known = describe(
    readPackTexts(new Map(texts).set('process.yaml', (texts.get('process.yaml') ?? '').replace('    fom: x\n', ''))).mistakes,
  );

  it.each(BROKEN)('reports %s beside all others, with its place and what would be right', (kind, _, mistake) => {
    expect(/step/.test(kind) ? known : found).toMatch(mistake);
  });
  it('reports nothing else', () => {
    expect(
      [found, known]
        .flatMap((all) => all.split('\n'))
        .filter((line) => !BROKEN.some(([, , mistake]) => mistake.test(line)) && !/answered/.test(line)),
    ).toEqual([]);
  });
});

group('a text that is missing', () => {
  it('takes nothing else out of the pack: it is the only mistake', () => {
    expect(mistakesAfter('process', ['{ zh-CN: 查找中, en: Searching }', '{ zh-CN: 查找中 }'])).toMatch(
      /^process\.yaml:\d+:\d+ \/steps\/searching\/names\/en: the English text is missing; write it$/,
    );
    expect(mistakesAfter('process', ['names: { zh-CN: 同意交还, en: Approve }', 'names: Approve'])).toMatch(
      /^[^\n]*expected both languages[^\n]*$/,
    );
  });
});

group('what a ledger may hold', () => {
  const ledger = (field: string, ...edits: [string, string][]): string => mistakesAfter('forms', ['type: money\n', field], ...edits);
  it.each([
    [
      'an amount that is personal',
      'type: money\n      tier: personal\n      ledger: { account: worth }\n',
      /value\/tier: value is personal, and the ledger/,
    ],
    [
      'an item that is named by a personal field',
      'type: money\n      ledger: { account: worth, item: { fact: input.shelf } }\n',
      /value\/ledger\/item: input\.shelf is personal/,
    ],
    [
      'a personal column as item',
      'type: table\n      columns: { who: { names: { zh-CN: 谁, en: Who }, type: text, tier: personal }, n: { names: { zh-CN: 数, en: Number }, type: number } }\n      ledger: { account: worth, item: who, quantity: n }\n',
      /value\/ledger\/item: column who is personal/,
    ],
  ])('is not %s', (_, field, mistake) => {
    expect(ledger(field, ['max: 40 }', 'max: 40, tier: personal }'])).toMatch(mistake);
  });
  it('is anything that is not personal', () => {
    expect(ledger('type: money\n      ledger: { account: worth, item: { fact: input.shelf } }\n')).toBe('');
  });
});

group('a field with the name that events carry', () => {
  it.each([
    ['text', 'number', /text is what events carry under this name and must be text/],
    ['reason', 'number', /reason .* must be text or choice/],
    ['solution', 'date', /solution .* must be text or choice/],
    ['outcome', 'boolean', /outcome .* must be text or choice/],
    ['until', 'text', /until .* must be instant or date/],
    ['faultUnit', 'text', /faultUnit .* must be unit/],
    ['fault-unit', 'unit', /events carry faultUnit; write faultUnit instead of fault-unit/],
    ['faultClass', 'number', /faultClass .* must be text or choice/],
  ])('%s is refused as a %s', (name, type, mistake) => {
    const found = mistakesAfter('forms', [
      '    shelf: {',
      `    ${name}: { names: { zh-CN: 名称, en: Name }, type: ${type} }\n    shelf: {`,
    ]);
    expect(found).toMatch(mistake);
  });
  it.each(['text', 'reason', 'evidence'])('%s is not personal', (name) => {
    const field = `    ${name}: { names: { zh-CN: 名称, en: Name }, type: text, tier: personal }\n    shelf: {`;
    expect(mistakesAfter('forms', ['    shelf: {', field])).toMatch(/\/tier: events carry \w+ for everybody to read/);
  });
});

group('a pack that is larger than any process', () => {
  const { json } = readPackTexts(exampleTexts());
  const after = (change: (pack: PackFormat2) => void): string => {
    const pack = structuredClone(json) as unknown as PackFormat2;
    change(pack);
    const { mistakes } = checkPack(pack);
    return mistakes.map((m) => `${m.pointer} ${m.rule}`).join('\n');
  };
  const names = { 'zh-CN': '名', en: 'Name' };
  it('is refused for its size before its parts are compared with each other', () => {
    const chain = (pack: PackFormat2): void => {
      for (let i = 0; i < 3_000; i++) {
        pack.process.steps[`s${i}`] = { names, state: 'in_progress' };
        pack.process.actions[`a${i}`] = { names, on: i === 0 ? 'searching' : `s${i - 1}`, by: 'holder', do: [{ go: `s${i}` }] };
      }
    };
    expect(after(chain)).toMatch(
      /^\/steps 3011 steps; a pack has at most 300\..*\n\/actions 3008 actions; a pack has at most 600\.[^\n]*$/,
    );
    const ring = (pack: PackFormat2): void => {
      for (let i = 0; i < 2_000; i++) (pack.process.reactions ??= {})[`r${i}`] = { on: 'sla.clock-breached', do: [{ set: { x: '1' } }] };
    };
    expect(after(ring)).toMatch(/2001 reactions; a pack has at most 200/);
  });
  it('is judged as any other up to that size', () => {
    const ring = (pack: PackFormat2): void => {
      for (let i = 0; i < 190; i++)
        (pack.process.reactions ??= {})[`r${i}`] = { on: 'dispatch.task-woke', do: [{ sleep: { until: '1h' } }] };
    };
    expect(after(ring)).toMatch(/reaction r0 causes the event it hears, without end/);
  });
});
