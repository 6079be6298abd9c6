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

const place = { org: 'acme', ticketId: '018f3a5c-7d21-7c44-9b1e-000000000001', occurredAt: '2026-02-13T02:00:00.000Z' };
const data = { person: { id: 'p1', name: '王芳' }, tags: [{ key: 'a' }], count: 1 };

describe('reading older versions', () => {
  it('version 1 goes through both upcasters', () => {
    expect(Sampled.read(1, { personId: 'p1', count: '7' })).toEqual({ person: { id: 'p1' }, tags: [], count: 7 });
  });

  it('version 2 through the last', () => {
    expect(Sampled.read(2, { person: { id: 'p1' }, count: '7' })).toEqual({ person: { id: 'p1' }, tags: [], count: 7 });
  });

  it('its own through none', () => {
    expect(Sampled.read(3, data)).toEqual(data);
  });

  it('what an upcaster makes is checked as well', () => {
    expect(() => Sampled.read(1, { count: 'many' })).toThrow(z.ZodError);
  });

  it('the payload given is not changed', () => {
    const old = Object.freeze({ personId: 'p1', count: '7' });
    Sampled.read(1, old);
    expect(old).toEqual({ personId: 'p1', count: '7' });
  });

  it('a newer version waits for the consumer to be upgraded', () => {
    expect(() => Sampled.read(4, data)).toThrow(new NewerVersion('intake.sampled', 4));
    expect(() => Sampled.read(4, 'anything')).toThrow(NewerVersion);
  });

  it.each([0, -1, 1.5, NaN])('version %d is none', (version) => {
    expect(() => Sampled.read(version, data)).toThrow(TypeError);
  });

  it('a missing upcaster is named', () => {
    const gap = defineEvent('intake.gap', 3, 'A mistake of ours.', z.object({}), { 1: (older) => older });
    expect(() => gap.read(1, {})).toThrow('intake.gap: no upcaster from version 2');
  });

  it.each([[null], [undefined], ['text'], [7], [[]]])('a payload that is no object is refused: %j', (payload) => {
    for (const version of [1, 2, 3]) expect(() => Sampled.read(version, payload)).toThrow(z.ZodError);
  });
});

describe('what a producer may say', () => {
  it('is a draft of the newest version, with its place', () => {
    expect(Sampled.of({ ...place, data })).toEqual({ ...place, name: 'intake.sampled', version: 3, data });
    expect(Sampled.producer).toBe('intake');
  });

  it('keeps an id it is given', () => {
    expect(Sampled.of({ ...place, id: 'e1', data }).id).toBe('e1');
    expect('id' in Sampled.of({ ...place, data })).toBe(false);
  });

  it('an undefined property is no property', () => {
    const { name: _, ...person } = data.person;
    expect(
      Sampled.of({ ...place, data: { ...data, person: { ...person, name: undefined } as unknown as typeof data.person } }).data,
    ).toEqual({ ...data, person });
  });

  it.each([
    ['at the top', { ...data, extra: 1 }, '/extra'],
    ['in an object', { ...data, person: { id: 'p1', phone: '138' } }, '/person/phone'],
    ['in a list', { ...data, tags: [{ key: 'a' }, { key: 'b', extra: 1 }] }, '/tags/1/extra'],
    ['hidden as __proto__', { ...data, person: JSON.parse('{"id":"p1","__proto__":{"x":1}}') as { id: string } }, '/person/__proto__'],
  ])('not a property nobody agreed on: %s', (_name, wrong, path) => {
    expect(() => Sampled.of({ ...place, data: wrong })).toThrow(`intake.sampled v3: property ${path} is not in the contract`);
  });

  it('nor what JSON would lose', () => {
    expect(() => Sampled.of({ ...place, data: { ...data, count: NaN } })).toThrow(z.ZodError);
  });
});
