import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineEvent, NewerVersion } from './index.js';

const Sampled = defineEvent(
  'intake.sampled',
  3,
  'A sample.',
  z.object({
    person: z.object({ id: z.string(), name: z.string().optional() }),
    tags: z.array(z.object({ key: z.string() })),
    count: z.number(),
  }),
  {
    1: ({ personId, ...rest }) => ({ ...rest, person: { id: personId } }),
    2: (older) => ({ ...older, tags: [], count: Number(older['count']) }),
  },
);

const subject = { org: 'acme', ticketId: '018f3a5c-7d21-7c44-9b1e-000000000001', occurredAt: '2026-02-13T02:00:00.000Z' };
const data = { person: { id: 'p1', name: '王芳' }, tags: [{ key: 'a' }], count: 1 };

describe('reading a payload', () => {
  it('upcasts version 1 through both upcasters', () => {
    expect(Sampled.read(1, { personId: 'p1', count: '7' })).toEqual({ person: { id: 'p1' }, tags: [], count: 7 });
  });

  it('upcasts version 2 through the last upcaster', () => {
    expect(Sampled.read(2, { person: { id: 'p1' }, count: '7' })).toEqual({ person: { id: 'p1' }, tags: [], count: 7 });
  });

  it('reads its own version without an upcaster', () => {
    expect(Sampled.read(3, data)).toEqual(data);
  });

  it('validates what an upcaster returns', () => {
    expect(() => Sampled.read(1, { count: 'many' })).toThrow(z.ZodError);
  });

  it('leaves the payload it is given unchanged', () => {
    const old = Object.freeze({ personId: 'p1', count: '7' });
    Sampled.read(1, old);
    expect(old).toEqual({ personId: 'p1', count: '7' });
  });

  it('throws NewerVersion for a newer version, whatever the payload', () => {
    expect(() => Sampled.read(4, data)).toThrow(new NewerVersion('intake.sampled', 4));
    expect(() => Sampled.read(4, 'anything')).toThrow(NewerVersion);
  });

  it.each([0, -1, 1.5, NaN])('throws TypeError for version %d', (version) => {
    expect(() => Sampled.read(version, data)).toThrow(TypeError);
  });

  it('names a missing upcaster', () => {
    const gap = defineEvent('intake.gap', 3, 'An event with a missing upcaster.', z.object({}), { 1: (older) => older });
    expect(() => gap.read(1, {})).toThrow('intake.gap: no upcaster from version 2');
  });

  it.each([[null], [undefined], ['text'], [7], [[]]])('refuses a payload that is no object: %j', (payload) => {
    for (const version of [1, 2, 3]) expect(() => Sampled.read(version, payload)).toThrow(z.ZodError);
  });
});

describe('making a draft', () => {
  it('gives the newest version, with organisation, ticket and instant', () => {
    expect(Sampled.of({ ...subject, data })).toEqual({ ...subject, name: 'intake.sampled', version: 3, data });
    expect(Sampled.producer).toBe('intake');
  });

  it('keeps an id that is given', () => {
    expect(Sampled.of({ ...subject, id: 'e1', data }).id).toBe('e1');
    expect(Sampled.of({ ...subject, data }).id).toBeUndefined();
  });

  it('drops a property that is undefined', () => {
    const { name: _, ...person } = data.person;
    expect(
      Sampled.of({ ...subject, data: { ...data, person: { ...person, name: undefined } as unknown as typeof data.person } }).data,
    ).toEqual({ ...data, person });
  });

  it.each([
    ['at the top', { ...data, extra: 1 }, '/extra'],
    ['in an object', { ...data, person: { id: 'p1', phone: '138' } }, '/person/phone'],
    ['in a list', { ...data, tags: [{ key: 'a' }, { key: 'b', extra: 1 }] }, '/tags/1/extra'],
    ['hidden as __proto__', { ...data, person: JSON.parse('{"id":"p1","__proto__":{"x":1}}') as { id: string } }, '/person/__proto__'],
  ])('refuses a property that the schema does not know, %s', (_name, wrong, path) => {
    expect(() => Sampled.of({ ...subject, data: wrong })).toThrow(`intake.sampled v3: property ${path} is not in the contract`);
  });

  it('refuses a value that JSON cannot represent', () => {
    expect(() => Sampled.of({ ...subject, data: { ...data, count: NaN } })).toThrow(z.ZodError);
  });
});
