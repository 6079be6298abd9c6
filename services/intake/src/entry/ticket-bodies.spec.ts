import { describe, expect, it } from '@jest/globals';
import { intake } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { readPack } from '@gongdan/packs';
import { loadPack, packFolder } from '@gongdan/packs/files';
import { Sealer } from '@gongdan/platform';
import { complete } from '../domain/content.js';
import { registered } from '../domain/ticket.js';
import { RegisterBody } from './ticket-bodies.js';

const starter = readPack(loadPack(packFolder('starter')));
const attributes = Array.from({ length: 100 }, (_, i) => ({
  key: `${i}`.padEnd(60, 'k'),
  names: { 'zh-CN': 'x', en: 'x' },
  type: i % 3 ? ('text' as const) : ('boolean' as const),
}));
const pack = { ...starter, intake: { ...starter.intake, attributes } };
const sealer = new Sealer(Buffer.alloc(32, 7).toString('base64'));
const NOW = '2026-03-02T01:00:00.000Z';

/** The event that the API makes of a body, unchecked as it does, and checked by the contract. */
function eventsOf(given: object): { unchecked: unknown; checked: unknown } {
  const { contact, pack: _, source: __, externalKey, ...draft } = RegisterBody.parse(given);
  const registering = {
    org: 'acme',
    ticketId: newId(),
    number: 'GD202603000001',
    pack: { key: 'starter', version: 1 },
    content: complete({ draft, contact, externalKey }, pack),
    contactSealed: contact && sealer.seal(JSON.stringify(contact), 'contact|acme|x'),
    hasEmail: contact?.email !== undefined,
    externalKey,
    registeredAt: NOW,
  };
  return { unchecked: registered(registering, intake.TicketRegistered.unchecked), checked: registered(registering) };
}

const least = { type: 'complaint', category: 'network', title: '停', contact: { phone: '1234' } };
const most = {
  ...least,
  pack: 'starter',
  channel: 'phone',
  urgency: 'high',
  impact: 'area',
  priority: 'minor',
  unit: 'network',
  title: '题'.repeat(300),
  description: '述'.repeat(20_000),
  language: 'en',
  place: { address: '路'.repeat(500), area: '区'.repeat(120), latitude: -90, longitude: 180 },
  contact: { name: '名'.repeat(200), phone: `+${'1'.repeat(39)}`, email: `${'m'.repeat(60)}@${'d'.repeat(60)}.example.org` },
  attributes: Object.fromEntries(attributes.map(({ key, type }, i) => [key, type === 'text' ? 'v'.repeat(2_000) : i % 2 === 0])),
  source: 's'.repeat(120),
  externalKey: 'k'.repeat(200),
};

describe('a body that the API accepts', () => {
  it.each([
    ['the smallest', least],
    ['the largest', most],
    ...Object.keys(most).map((left): [string, object] => [
      `the largest without ${left}`,
      { ...most, [left]: (least as Record<string, unknown>)[left] },
    ]),
  ])('becomes an event that the contract accepts unchanged: %s', (_, body) => {
    const { unchecked, checked } = eventsOf(body);
    expect(JSON.parse(JSON.stringify(unchecked))).toEqual(JSON.parse(JSON.stringify(checked)));
  });
});
