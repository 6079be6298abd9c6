import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ALL_EVENTS, eventByName, type EventType } from './index.js';

/** Golden payloads: whatever was published once must be readable for ever, because the topic still holds it. */
const FIXTURES = new URL('../fixtures/', import.meta.url);
const text = (file: string): string => readFileSync(new URL(file, FIXTURES), 'utf8');
const files = readdirSync(FIXTURES).filter((file) => file !== 'checksums.json');

interface Fixture {
  file: string;
  event: EventType;
  version: number;
  minimal: boolean;
  payload: unknown;
}

const fixtures = files.map((file): Fixture => {
  const m = /^(.+)\.v(\d+)(\.[a-z-]+)?\.json$/.exec(file);
  const event = eventByName(m?.[1] ?? '');
  if (!event) throw new Error(`${file}: no event of this name`);
  return { file, event, version: Number(m?.[2]), minimal: m?.[3] === '.minimal', payload: JSON.parse(text(file)) as unknown };
});
const newest = fixtures.filter((f) => f.version === f.event.version);
const draftOf = (payload: unknown) => ({
  org: 'acme',
  ticketId: '018f3a5c-7d21-7c44-9b1e-000000000001',
  occurredAt: '2026-02-13T02:00:00.000Z',
  data: payload,
});

type Shape = z.core.JSONSchema.BaseSchema;
const shapeOf = (event: EventType): Shape => z.toJSONSchema(event.schema, { io: 'input' });

/** Every property path of a schema, and whether the property is required in its parent. */
function paths(shape: Shape, at = ''): [string, boolean][] {
  return Object.entries(shape.properties ?? {}).flatMap(([key, inner]): [string, boolean][] => {
    const own: [string, boolean] = [`${at}/${key}`, shape.required?.includes(key) ?? false];
    return typeof inner === 'boolean' ? [own] : [own, ...paths(inner, `${at}/${key}`)];
  });
}

function has(value: unknown, path: string): boolean {
  let here = value;
  for (const key of path.split('/').slice(1)) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return false;
    here = (here as Record<string, unknown>)[key];
  }
  return true;
}

/** A closed case has no lead and burns nobody's time, and the time of an open one is that of a unit or that of a party. */
function impossible(payload: unknown, path: string): boolean {
  if (path.startsWith('/case/burns/')) return has(payload, '/case/burns/unit') || has(payload, '/case/burns/party') || isClosed(payload);
  return isClosed(payload) && /^\/case\/(burns|lead)\b/.test(path);
}
const isClosed = (payload: unknown): boolean => (payload as { case?: { phase?: string } }).case?.phase === 'closed';

/** Copies of a value, each with one unknown property in another of its objects. */
function withUnknownProperty(value: unknown, shape: Shape | undefined): unknown[] {
  // Only where the schema names the properties: a record takes any key.
  if (typeof value !== 'object' || value === null || !shape?.properties) return [];
  const deeper = Object.entries(value).flatMap(([key, inner]) => {
    const next = shape.properties?.[key];
    return withUnknownProperty(inner, typeof next === 'object' ? next : undefined).map((changed) => ({ ...value, [key]: changed }));
  });
  return [{ ...value, intruder: 'x' }, ...deeper];
}

describe('golden payloads', () => {
  it.each(ALL_EVENTS.flatMap((e) => Array.from({ length: e.version }, (_, i) => `${e.name}.v${i + 1}.json`)))(
    'the folder has the golden payload %s',
    (file) => {
      expect(files).toContain(file);
    },
  );

  it('the folder has a golden payload without optional properties for each event that has some', () => {
    const optional = ALL_EVENTS.filter((e) => paths(shapeOf(e)).some(([, required]) => !required)).map(
      (e) => `${e.name}.v${e.version}.minimal.json`,
    );
    expect(
      newest
        .filter((f) => f.minimal)
        .map((f) => f.file)
        .sort(),
    ).toEqual(optional.sort());
  });
});

describe('golden payloads of the newest version', () => {
  // A property that was added later is in a fixture beside the first one, which is never edited.
  it.each(ALL_EVENTS.map((e) => [e.name, e] as const))('of %s hold every optional property', (_, event) => {
    const full = newest.filter((f) => f.event === event && !f.minimal).map((f) => f.payload);
    const missing = paths(shapeOf(event)).filter(
      ([path]) => !full.some((payload) => has(payload, path)) && !full.some((payload) => impossible(payload, path)),
    );
    expect(missing).toEqual([]);
  });
});

describe('checksums of golden payloads', () => {
  const sums = JSON.parse(text('checksums.json')) as Record<string, string>;

  it.each(files)('matches the checksum of %s', (file) => {
    // For a new fixture, add this line to checksums.json. For an old one, restore it and add a second beside it, or make a new version of the event.
    expect({ [file]: createHash('sha256').update(text(file)).digest('hex') }).toEqual({ [file]: sums[file] });
  });

  it('checksums.json has a checksum for each golden payload and for no other file', () => {
    expect(Object.keys(sums).sort()).toEqual([...files].sort());
  });
});

describe.each(fixtures)('$file', ({ event, version, payload }) => {
  it('a golden payload is read, with unknown properties at any depth ignored', () => {
    const read = event.read(version, payload);
    const shape = version === event.version ? shapeOf(event) : undefined;
    for (const changed of withUnknownProperty(payload, shape)) expect(event.read(version, changed)).toEqual(read);
  });
});

describe.each(newest)('$file, published', ({ event, minimal, payload }) => {
  it('a payload is accepted from the producer and unchanged', () => {
    expect(event.of(draftOf(payload)).data).toEqual(payload);
    expect(event.read(event.version, payload)).toEqual(payload);
  });

  it('holds no optional property when it is minimal', () => {
    const wrong = paths(shapeOf(event)).filter(([path, required]) => minimal && !required && has(payload, path));
    expect(wrong).toEqual([]);
  });

  it('a payload is refused with an unknown property at any depth', () => {
    const changed = withUnknownProperty(payload, shapeOf(event));
    expect(changed.length).toBeGreaterThan(0);
    for (const wrong of changed) expect(() => event.of(draftOf(wrong))).toThrow('is not in the contract');
  });

  it('a payload is refused by the producer and the consumer when a required property is missing', () => {
    for (const key of shapeOf(event).required ?? []) {
      const { [key]: _, ...rest } = payload as Record<string, unknown>;
      expect(() => event.of(draftOf(rest))).toThrow(z.ZodError);
      expect(() => event.read(event.version, rest)).toThrow(z.ZodError);
    }
  });
});
