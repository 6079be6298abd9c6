import { describe, expect, it } from '@jest/globals';
import { AppError, type Instant } from '@gongdan/kernel';
import { readPack } from '@gongdan/packs';
import { loadPack, packFolder } from '@gongdan/packs/files';
import { complete, type Draft, mustFit } from './content.js';
import { amend, moves, registered, type Registration, type Ticket, withdraw } from './ticket.js';

const NOW: Instant = '2026-03-02T01:00:00.000Z';
const pack = readPack(loadPack(packFolder('starter')));
const contact = { phone: '13800135678' };
const draft = (more: Partial<Draft> = {}): Draft => ({ type: 'complaint', category: 'network', title: 'x', ...more });
const ticket = (registration: Registration = 'registered'): Ticket => ({
  org: 'acme',
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  registration,
  version: 3,
});
const thrown = (work: () => unknown): AppError => {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};
const STATES = Object.keys(moves) as Registration[];

describe('a draft', () => {
  it('a draft is completed with the defaults of the pack', () => {
    expect(complete({ draft: draft(), contact }, pack)).toMatchObject({
      channel: 'phone',
      description: '',
      language: 'zh-CN',
      priority: 'ordinary',
    });
  });

  it.each([
    [{ urgency: 'high', impact: 'area' }, 'urgent'],
    [{ urgency: 'low', impact: 'single' }, 'ordinary'],
    [{ urgency: 'high', impact: 'area', priority: 'minor' }, 'minor'],
    [{ urgency: 'high' }, 'ordinary'],
  ])('%j has the priority %s', (more, priority) => {
    expect(complete({ draft: draft(more), contact }, pack).priority).toBe(priority);
  });

  it('a draft is refused with every mistake at once, each with its pointer', () => {
    const wrong = { type: 'joke', category: 'x', channel: 'pigeon', item: 'x', urgency: 'x', impact: 'x', priority: 'x', unit: 'x' };
    const error = thrown(() => complete({ draft: draft(wrong), contact: { phone: '' } }, pack));
    expect([error.kind, error.code]).toEqual(['refused', 'intake/not-in-pack']);
    expect(error.violations.map((v) => v.pointer).sort()).toEqual([
      '/category',
      '/channel',
      '/contact/phone',
      '/impact',
      '/item',
      '/priority',
      '/type',
      '/unit',
      '/urgency',
    ]);
  });

  describe('with attributes', () => {
    const attribute = (key: string, type: 'text' | 'number' | 'boolean' | 'choice' | 'date', choices?: string[]) => ({
      key,
      names: { 'zh-CN': key, en: key },
      type,
      ...(choices && { choices }),
    });
    const attributes = [
      attribute('account', 'text'),
      attribute('meter', 'number'),
      attribute('urgent', 'boolean'),
      attribute('colour', 'choice', ['red', 'green']),
      attribute('toString', 'text'),
      attribute('servedOn', 'date'),
      { ...attribute('decision', 'text'), pattern: '[0-9]{4}-[0-9]{3}' },
    ];
    const declaring = { ...pack, intake: { ...pack.intake, attributes } };
    const mistakes = (given: Record<string, string | number | boolean>) =>
      thrown(() => complete({ draft: draft({ attributes: given }), contact }, declaring)).violations;

    it('accepts those that the pack declares', () => {
      const given = {
        servedOn: '2026-02-27',
        decision: '2026-003',
        account: '',
        meter: -1.5,
        urgent: false,
        colour: 'green',
        toString: 'x',
      };
      expect(complete({ draft: draft({ attributes: given }), contact }, declaring).attributes).toEqual(given);
    });

    it.each([
      [{ account: 1 }, '/attributes/account', 'must be text'],
      [{ account: true }, '/attributes/account', 'must be text'],
      [{ servedOn: '2026-02-30' }, '/attributes/servedOn', 'must be a date such as 2026-03-02'],
      [{ servedOn: 20260302 }, '/attributes/servedOn', 'must be a date such as 2026-03-02'],
      [{ decision: '2026-3' }, '/attributes/decision', 'must look like [0-9]{4}-[0-9]{3}'],
      [{ meter: '1' }, '/attributes/meter', 'must be a number'],
      [{ urgent: 'true' }, '/attributes/urgent', 'must be true or false'],
      [{ urgent: 1 }, '/attributes/urgent', 'must be true or false'],
      [{ colour: 'blue' }, '/attributes/colour', `'blue' is not in the pack`],
      [{ colour: 1 }, '/attributes/colour', 'must be text'],
      [{ shape: 'round' }, '/attributes/shape', `'shape' is not in the pack`],
      [{ 'a/b~c': 'x' }, '/attributes/a~1b~0c', `'a/b~c' is not in the pack`],
      [{ constructor: 'x' }, '/attributes/constructor', `'constructor' is not in the pack`],
    ])('refuses %j', (given, pointer, detail) => {
      expect(mistakes(given as unknown as Record<string, string>)).toEqual([{ pointer, detail }]);
    });

    it('refuses every attribute when the pack declares none', () => {
      const { attributes: _, ...none } = pack.intake;
      expect(
        thrown(() => complete({ draft: draft({ attributes: { account: 'x' } }), contact }, { ...pack, intake: none })).violations,
      ).toHaveLength(1);
    });
  });

  it('a draft must have what the pack requires of tickets like it, and need not have what it requires of others', () => {
    const decision = { field: 'attributes.decisionNo', when: { 'class.type': 'complaint', 'ticket.channel': ['phone'] } };
    const attributes = [{ key: 'decisionNo', names: { 'zh-CN': '文号', en: 'Number' }, type: 'text' as const }];
    const demanding = { ...pack, intake: { ...pack.intake, attributes, required: ['contact.phone', decision] } };
    expect(thrown(() => complete({ draft: draft(), contact }, demanding)).violations.map((v) => v.pointer)).toEqual([
      '/attributes/decisionNo',
    ]);
    expect(complete({ draft: draft({ channel: 'web' }), contact }, demanding).channel).toBe('web');
    expect(complete({ draft: draft({ attributes: { decisionNo: '7' } }), contact }, demanding).attributes).toEqual({ decisionNo: '7' });
  });

  it('a condition of what is required asks the categories above the one of the draft, and the default priority', () => {
    const category = pack.catalogue.categories.find((c) => c.parent !== undefined);
    const required = [
      { field: 'place.address', when: { 'class.categories': category?.parent ?? '', 'class.priority': pack.catalogue.defaultPriority } },
    ];
    const demanding = { ...pack, intake: { ...pack.intake, required } };
    expect(thrown(() => complete({ draft: draft({ category: category?.key }), contact }, demanding)).violations.map((v) => v.pointer)).toEqual(['/place/address']); // prettier-ignore
  });

  it('a draft must have an external key when the pack requires one', () => {
    const demanding = { ...pack, intake: { ...pack.intake, required: ['externalKey', 'attributes.account'] } };
    const given = { draft: draft({ attributes: { account: 'x' } }), contact };
    expect(complete({ ...given, externalKey: 'E-1' }, demanding)).not.toHaveProperty('externalKey');
    expect(thrown(() => complete({ draft: draft(), contact }, demanding)).violations.map((v) => v.pointer)).toEqual([
      '/externalKey',
      '/attributes/account',
    ]);
  });

  it.each(['constructor', '__proto__', 'toString'])(
    'a draft is refused with the category %s, which is only a property of every object',
    (category) => {
      expect(thrown(() => complete({ draft: draft({ category }), contact }, pack)).violations).toEqual([
        { pointer: '/category', detail: `'${category}' is not in the pack` },
      ]);
    },
  );
});

it('builds the event field by field, without other properties of the content', () => {
  const content = { ...complete({ draft: draft(), contact }, pack), contact, password: 'x' };
  const event = registered({
    org: 'acme',
    ticketId: ticket().id,
    number: 'GD1',
    pack: { key: 'starter', version: 1 },
    content,
    hasEmail: false,
    registeredAt: NOW,
  });
  expect(event).toMatchObject({ name: 'intake.ticket-registered', occurredAt: NOW, data: { number: 'GD1', category: 'network' } });
  expect(JSON.stringify(event)).not.toMatch(/13800135678|password/);
});

describe('a correction', () => {
  it('a correction has the new values and raises the version', () => {
    const { state, events } = amend(ticket(), { title: 'y' }, NOW);
    expect(state).toMatchObject({ title: 'y', version: 4, registration: 'registered' });
    expect(events).toMatchObject([{ name: 'intake.ticket-amended', data: { title: 'y', amendedAt: NOW } }]);
  });

  it.each(STATES.filter((r) => r !== 'registered'))('a correction is refused for a ticket that is %s (P33)', (registration) => {
    expect(thrown(() => amend(ticket(registration), { title: 'y' }, NOW))).toMatchObject({
      kind: 'conflict',
      code: 'intake/already-taken',
      details: { registration },
    });
  });

  it('a correction must keep what the pack requires', () => {
    mustFit({ title: 'y' }, undefined, pack);
    mustFit({}, contact, pack);
    expect(thrown(() => mustFit({ category: 'x', priority: 'x' }, { name: '李雷' }, pack)).violations.map((v) => v.pointer)).toEqual([
      '/category',
      '/priority',
      '/contact/phone',
    ]);
    const placed = { ...pack, intake: { ...pack.intake, required: ['place.area', 'item'] } };
    expect(thrown(() => mustFit({ place: { address: 'x' } }, undefined, placed)).violations.map((v) => v.pointer)).toEqual(['/place/area']);
  });

  it('asks of a new place what the pack requires of a ticket that has a contact, also when the contact stays as it is', () => {
    const required = [{ field: 'place.area', when: { 'customer.hasContact': true, 'customer.hasEmail': true } }];
    const placed = { ...pack, intake: { ...pack.intake, required } };
    const change = { place: { address: 'x' } };
    const current = { hasContact: true, hasEmail: true };
    expect(thrown(() => mustFit(change, undefined, placed, current)).violations.map((v) => v.pointer)).toEqual(['/place/area']);
    mustFit(change, undefined, placed, { hasContact: true, hasEmail: false });
    mustFit({ ...change }, { phone: '13800135678' }, placed, current);
  });
});

describe('withdrawing', () => {
  const mayBeWithdrawn = (registration: Registration): boolean => (moves[registration] as readonly string[]).includes('withdrawn');

  it.each(STATES.filter(mayBeWithdrawn))('a withdrawal is possible for a ticket that is %s', (registration) => {
    expect(withdraw(ticket(registration), 'x', NOW)).toMatchObject({
      state: { registration: 'withdrawn', version: 4 },
      events: [{ name: 'intake.ticket-withdrawn', data: { reason: 'x', withdrawnAt: NOW } }],
    });
  });

  it.each(STATES.filter((r) => !mayBeWithdrawn(r)))('a withdrawal is refused for a ticket that is %s', (registration) => {
    expect(thrown(() => withdraw(ticket(registration), 'x', NOW))).toMatchObject({ kind: 'conflict', code: 'intake/illegal-move' });
  });

  it('a withdrawal is possible for registered and taken tickets only', () => {
    expect(STATES.filter(mayBeWithdrawn)).toEqual(['registered', 'taken']);
  });
});
