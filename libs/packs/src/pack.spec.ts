import { describe as group, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync, cpSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPack, packFolder, readPackFolder, SHIPPED_PACKS } from './files.js';
import {
  categoryPath,
  checkPack,
  readPack,
  describe,
  limitOf,
  fromFormat1,
  type PackFormat1 as Pack,
  packDigest,
  packId,
  packJsonSchema,
  packMistakes,
  parsePack,
  priorityOf,
  ticketFacts,
  triggered,
  unitOf,
} from './index.js';

const starter = loadPack(packFolder('starter'));

/** The starter with one thing changed. */
function but(change: (pack: Pack) => void): unknown {
  const copy = structuredClone(starter);
  change(copy);
  return copy;
}
function mistakes(change: (pack: Pack) => void): string {
  return describe(packMistakes(but(change)));
}
function set(target: object, name: string, value: unknown): void {
  Object.assign(target, { [name]: value });
}

group('shipped packs', () => {
  it.each(SHIPPED_PACKS)('%s has no mistake', (key) => {
    expect(describe(readPackFolder(packFolder(key)).mistakes)).toBe('');
  });
  it('packs have one JSON Schema with nine parts', () => {
    const schema = packJsonSchema();
    expect(Object.keys(schema['properties'] as object)).toEqual([
      'pack',
      'org',
      'catalogue',
      'intake',
      'process',
      'routing',
      'sla',
      'notify',
      'scenarios',
    ]);
  });
});

group('the mistakes of a pack', () => {
  it.each<[string, (p: Pack) => void, string]>([
    ['a misspelt property', (p) => set(p.intake, 'chanels', []), 'intake.json /chanels: is not a property of this part'],
    ['an unknown part', (p) => set(p, 'sms', {}), 'pack /sms: is not a property of this part'],
    ['a missing translation', (p) => set(p.org.units[0] ?? {}, 'names', { en: 'x' }), 'org.json /units/0/names/zh-CN: is missing (string)'],
    [
      'an unknown parent',
      (p) => set(p.catalogue.categories[1] ?? {}, 'parent', 'nope'),
      'catalogue.json /categories/1/parent: category nope is not declared',
    ],
    ['a circle of categories', (p) => set(p.catalogue.categories[0] ?? {}, 'parent', 'network.slow'), 'is its own ancestor'],
    ['an unknown unit', (p) => set(p.routing, 'fallback', 'nope'), 'routing.json /fallback: unit nope is not declared'],
    [
      'a clock that an action leaves frozen',
      (p) => set(p.sla.clocks[0] ?? {}, 'resume', ['dispatch.ticket-resumed']),
      'sla.json /clocks/0/resume: action hand-over leads out of a pause, but its event dispatch.ticket-transferred ends none',
    ],
    [
      'an unknown step',
      (p) => set(p.process.actions['accept'] ?? {}, 'to', 'nope'),
      'process.json /actions/accept/to: step nope is not declared',
    ],
    [
      'an unknown calendar',
      (p) => set(p.sla.clocks[0] ?? {}, 'calendar', 'nope'),
      'sla.json /clocks/0/calendar: calendar nope is not declared',
    ],
    [
      'a calendar that overlaps itself',
      (p) => set(p.sla.calendars[0] ?? {}, 'hours', { mon: ['09:00-12:00', '11:00-13:00'] }),
      'sla.json /calendars/0/hours/mon: spans overlap',
    ],
    [
      'an unknown template',
      (p) => set(p.notify.rules[0] ?? {}, 'template', 'nope'),
      'notify.json /rules/0/template: template nope is not declared',
    ],
    [
      'an unknown event',
      (p) => set(p.sla.clocks[0] ?? {}, 'stop', ['dispatch.ticket-done']),
      'sla.json /clocks/0/stop/0: dispatch.ticket-done is not an event',
    ],
    ['a mail about a mail', (p) => set(p.notify.rules[0] ?? {}, 'on', 'notify.message-sent'), 'cannot be used here'],
    [
      'a variable that does not exist',
      (p) => set(p.notify.templates['receipt']?.en ?? {}, 'text', 'Dear {{phone}}'),
      'notify.json /templates/receipt/en/text: {{phone}} is not a variable',
    ],
    ['an unescaped tag', (p) => set(p.notify.templates['receipt']?.en ?? {}, 'text', '{{{name}}}'), 'only {{variable}}'],
    ['a section left open', (p) => set(p.notify.templates['receipt']?.en ?? {}, 'text', '{{#name}}x'), 'is not closed'],
    [
      'a fact that does not exist',
      (p) => set(p.routing.rules[0] ?? {}, 'when', { kind: 'x' }),
      'routing.json /rules/0/when/kind: kind is not a fact of a ticket',
    ],
    ['a value that is not declared', (p) => set(p.routing.rules[0] ?? {}, 'when', { type: 'complant' }), 'type complant is not declared'],
    [
      'a format under which two tickets share a number',
      (p) => set(p.intake.numbering, 'format', 'GD{yyyy}{seq:4}'),
      'intake.json /numbering/scope/1: series by month',
    ],
    ['a format without a series', (p) => set(p.intake.numbering, 'format', 'GD{yyyy}{mm}'), 'exactly one {seq:n}'],
    [
      'a missing cell of the matrix',
      (p) => delete p.catalogue.matrix['high']?.['area'],
      'catalogue.json /matrix/high: impact area has no priority',
    ],
    [
      'a wrong limit',
      (p) => set(p.sla.clocks[0] ?? {}, 'limit', [{ limit: { hour: 3 } }]),
      'sla.json /clocks/0/limit/0/limit/hour: is not a property',
    ],
    ['a take into a queue', (p) => set(p.process.actions['accept'] ?? {}, 'to', 'waiting'), 'take must lead to a step held by a person'],
    [
      'an action that leads out of a closed step and is no reopen',
      (p) => set(p.process.actions['accept'] ?? {}, 'from', ['closed']),
      'only a reopen may lead out of closed',
    ],
    [
      'a step that cannot be reached',
      (p) => set(p.process.steps, 'island', { names: { 'zh-CN': '岛', en: 'Island' }, state: 'accepted', holder: 'person' }),
      'process.json /steps/island: cannot be reached',
    ],
    ['a return without a next holder', (p) => delete p.process.actions['return']?.then, "a return needs 'then'"],
    ['a field the kind does not take', (p) => set(p.process.actions['reply'] ?? {}, 'needs', ['toUnit']), 'a reply does not take toUnit'],
    ['two people with one id', (p) => set(p.org.people[1] ?? {}, 'id', 'mei'), 'org.json /people/1/id: mei stands here twice'],
  ])('the mistakes include %s, with file, pointer and rule', (_, change, message) => {
    expect(mistakes(change)).toContain(message);
  });

  it('mistakes are thrown as Invalid with one violation each', () => {
    expect(() => parsePack(but((p) => set(p.routing, 'fallback', 'nope')))).toThrow(
      expect.objectContaining({
        code: 'packs/invalid',
        violations: [{ pointer: '/routing/fallback', detail: 'unit nope is not declared' }],
      }),
    );
    for (const junk of [undefined, null, 3, 'x', [], {}]) expect(packMistakes(junk).length).toBeGreaterThan(0);
  });

  it('mistakes name the line when the pack was read from a folder', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pack-'));
    try {
      cpSync(packFolder('starter'), folder, { recursive: true });
      const text = readFileSync(join(folder, 'routing.json'), 'utf8');
      writeFileSync(join(folder, 'routing.json'), text.replace('"unit": "network"', '"unit": "netwrok"'));
      const line = text.slice(0, text.indexOf('"unit": "network"')).split('\n').length;
      expect(describe(readPackFolder(folder).mistakes)).toBe(`routing.json:${line} /rules/2/unit: unit netwrok is not declared`);
      writeFileSync(join(folder, 'sla.json'), '{\n  "calendars": [],\n}');
      expect(readPackFolder(folder).mistakes[0]).toMatchObject({ file: 'sla.json', rule: expect.stringContaining('is not JSON') });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

group('the content of a pack', () => {
  const c = starter.catalogue;
  it('gives the priority of an urgency and an impact, and the default when one is unknown', () => {
    expect(priorityOf(c, 'high', 'area')).toBe('urgent');
    expect(priorityOf(c, 'low', 'single')).toBe('ordinary');
    expect(priorityOf(c, undefined, 'area')).toBe('ordinary');
    expect(priorityOf(c, '__proto__', 'constructor')).toBe('ordinary');
  });
  it('gives a category with its ancestors up to the root', () => {
    expect(categoryPath(c, 'network.slow')).toEqual(['network.slow', 'network']);
    expect(categoryPath(c, 'unknown')).toEqual(['unknown']);
  });
  it('a pack has a unit by key, an id, and a digest that is independent of the order of properties', () => {
    expect(unitOf(fromFormat1(starter), 'network')?.code).toBe('NW');
    expect(packId('demo', 'starter', 1)).toBe(packId('demo', 'starter', 1));
    expect(packId('demo', 'starter', 1)).not.toBe(packId('demo', 'starter', 2));
    const turned = Object.fromEntries(Object.entries(starter).reverse()) as unknown as Pack;
    expect(packDigest(turned)).toBe(packDigest(starter));
    expect(packDigest(starter)).toMatch(/^[0-9a-f]{64}$/);
  });
  it('a clock has the first limit whose condition holds, and a trigger fires by name or by condition', () => {
    const [first] = starter.sla.clocks;
    if (first === undefined) throw new Error('starter has clocks');
    const facts = ticketFacts(c, {
      channel: 'phone',
      type: 'fault',
      category: 'network',
      priority: 'urgent',
      language: 'zh-CN',
      hasEmail: false,
    });
    expect(limitOf(first, facts)).toEqual({ hours: 2 });
    expect(limitOf(first, { ...facts, priority: 'whatever' })).toEqual({ hours: 16 });
    expect(
      ['routed', 'returned', 'reopened'].filter((why) =>
        triggered(first.start, 'dispatch.ticket-dispatched', { ...facts, event: { why } }),
      ),
    ).toEqual(['routed', 'reopened']);
    expect(triggered(first.stop, 'dispatch.ticket-replied', facts)).toBe(true);
    expect(triggered([{ on: 'x.y', when: { 'event.why': 'reopened' } }], 'x.y', { ...facts, event: { why: 'routed' } })).toBe(false);
    expect(triggered(undefined, 'x.y', facts)).toBe(false);
  });
});

group('checkPack', () => {
  const units = (count: number, of: (i: number) => object) => ({
    ...starter,
    org: { ...starter.org, units: Array.from({ length: count }, (_, i) => of(i)) },
  });

  it('lists at most 50 mistakes and counts all of them', () => {
    const check = checkPack(units(16_000, () => ({})));
    expect(check.mistakes).toHaveLength(50);
    expect(check.found).toBeGreaterThanOrEqual(32_000);
    try {
      parsePack(units(16_000, () => ({})));
    } catch (error) {
      expect((error as { violations: unknown[] }).violations).toHaveLength(50);
    }
  });

  // Both took time by the square of the number of units, 30 s for 12,000 of them: more than the time-out of a test for these.
  it.each<[string, (i: number) => object]>([
    ['is the child of the one before', (i) => (i === 0 ? {} : { parent: `u${i - 1}` })],
    ['has a key of its own', () => ({})],
  ])('takes no time by the square for 24,000 units of which each %s', (_, more) => {
    const { mistakes } = checkPack(units(24_000, (i) => ({ key: `u${i}`, names: { 'zh-CN': '单位', en: 'Unit' }, ...more(i) })));
    expect(mistakes.length).toBeGreaterThan(0);
  });

  it('reports each member of a circle of parents, and no unit that only leads to it', () => {
    const circle = [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'b'],
      ['d', 'd'],
      ['e', 'a'],
    ] as const;
    const found = packMistakes(units(5, (i) => ({ key: circle[i]?.[0], parent: circle[i]?.[1], names: { 'zh-CN': '单位', en: 'Unit' } })));
    expect(found.filter((m) => m.rule.endsWith('its own ancestor')).map((m) => m.pointer)).toEqual([
      '/units/1/parent',
      '/units/2/parent',
      '/units/3/parent',
    ]);
  });
});

group('a stored pack', () => {
  const stored = (change: (pack: Pack) => void): unknown => JSON.parse(JSON.stringify(but(change)));

  it.each<[string, (p: Pack) => void]>([
    ['has a property that is unknown today', (p) => set(p.intake, 'sms', { key: 'x' })],
    ['names a unit that is not declared', (p) => set(p.routing, 'fallback', 'nope')],
    ['has a key that today’s rules refuse', (p) => set(p.org.units[0] ?? {}, 'key', 'North Hall')],
    ['has a word of an enum that is gone', (p) => set(p.org.people[0] ?? {}, 'roles', ['wizard'])],
    ['has a text that is too long today', (p) => set(p.pack.names, 'en', 'x'.repeat(10_000))],
    ['has an empty list where today one entry is needed', (p) => set(p.intake, 'channels', [])],
  ])('is read although it %s', (_, change) => {
    expect(packMistakes(but(change))).not.toEqual([]);
    expect(readPack(stored(change))).toEqual(fromFormat1(stored(change) as Pack));
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['text', 'pack'],
    ['no format', { ...starter, pack: {} }],
    ['a format of tomorrow', but((p) => set(p.pack, 'format', 3))],
    ['a format that every object has', but((p) => set(p.pack, 'format', 'constructor'))],
    ['no process', { ...starter, process: undefined }],
    ['units that are no list', but((p) => set(p.org, 'units', {}))],
    ['a clock without its limit', but((p) => delete (p.sla.clocks[0] as { limit?: unknown }).limit)],
  ])('a stored pack cannot be read when it is %s', (_, json) => {
    expect(() => readPack(json)).toThrow(expect.objectContaining({ code: 'packs/unreadable', kind: 'unavailable' }));
  });
});
