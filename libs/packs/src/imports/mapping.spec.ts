import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { loadMapping, loadPack, packFolder } from '../files.js';
import { parseMapping, wordsOf } from './mapping.js';

const city = loadPack(packFolder('city-311'));
const mapping = loadMapping(join(packFolder('city-311'), 'mapping.json'));

describe('an import mapping', () => {
  it('the mapping of city-311 uses only keys of its pack', () => {
    const known: Record<string, string[]> = {
      type: city.catalogue.types.map((t) => t.key),
      channel: city.intake.channels.map((c) => c.key),
    };
    for (const [field, words] of Object.entries(known)) {
      const from = mapping.fields[field];
      if (from === undefined) throw new Error(`${field} is not mapped`);
      expect((wordsOf(from) ?? []).filter((w) => !words.includes(w))).toEqual([]);
    }
    const attributes = (city.intake.attributes ?? []).map((a) => `attributes.${a.key}`);
    expect(Object.keys(mapping.fields).filter((f) => f.startsWith('attributes.') && !attributes.includes(f))).toEqual([]);
  });

  it.each<[string, (m: Record<string, unknown> & { fields: Record<string, unknown> }) => void, RegExp]>([
    ['a field no ticket has', (m) => (m.fields['colour'] = { const: 'red' }), /\/fields\/colour: is not a field of a ticket/],
    ['a field every ticket needs', (m) => delete m.fields['title'], /\/fields\/title: is missing/],
    ['both a constant and a column', (m) => (m.fields['title'] = { const: 'x', column: 'y' }), /\/fields\/title\//],
    ['a sheet in a CSV', (m) => (m['sheet'] = 'One'), /\/sheet: belongs to xlsx/],
    ['an unknown zone', (m) => (m['zone'] = 'Mars/Olympus'), /\/zone: must be an IANA time zone/],
    [
      'a coordinate in words',
      (m) => (m.fields['place.latitude'] = { column: 'y', default: 'north' }),
      /^\/fields\/place\.latitude\/default: 'north' is not a number from -90 to 90$/,
    ],
    ['no coordinate', (m) => (m.fields['place.longitude'] = { const: '' }), /\/fields\/place\.longitude\/const: '' is not a number/],
    [
      'a coordinate off the globe',
      (m) => (m.fields['place.longitude'] = { column: 'x', map: { 'a/b': 181 } }),
      /\/fields\/place\.longitude\/map\/a~1b: '181' is not a number from -180 to 180/,
    ],
    [
      'a phone too long to be sealed',
      (m) => (m.fields['contact.phone'] = { const: '1'.repeat(41) }),
      /\/fields\/contact\.phone\/const: has 41 characters, 40 are possible/,
    ],
    [
      'text Postgres cannot hold',
      (m) => (m.fields['title'] = { column: 'y', map: { x: 'a\u0000' } }),
      /\/fields\/title\/map\/x: is not valid text/,
    ],
  ])('refuses %s', (_, change, message) => {
    const copy = structuredClone(mapping) as unknown as Record<string, unknown> & { fields: Record<string, unknown> };
    change(copy);
    expect(() => parseMapping(copy)).toThrow(message);
  });
});
