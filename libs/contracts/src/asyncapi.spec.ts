import { readdirSync, readFileSync } from 'node:fs';
import specs from '@asyncapi/specs';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { ALL_EVENTS, asyncApi, DIRECTORY, dispatch, PACKS, TICKETS, toWire } from './index.js';

const FIXTURES = new URL('../fixtures/', import.meta.url);
const examples: Record<string, unknown[]> = {};
for (const event of ALL_EVENTS) {
  const files = readdirSync(FIXTURES).filter((file) => file.startsWith(`${event.name}.v${event.version}.`));
  examples[event.name] = files.map((file) => JSON.parse(readFileSync(new URL(file, FIXTURES), 'utf8')) as unknown);
}
const consumes = {
  intake: ['dispatch.pack-published', 'dispatch.ticket-closed'],
  dispatch: ['intake.ticket-registered'],
  sla: ['dispatch.pack-published', 'intake.ticket-registered'],
  notify: ALL_EVENTS.filter((e) => e.producer !== 'notify').map((e) => e.name),
  reporting: ALL_EVENTS.map((e) => e.name),
};

interface Document {
  asyncapi: string;
  channels: Record<string, { address: string; messages: Record<string, unknown> }>;
  operations: Record<string, { action: string; messages: { $ref: string }[] }>;
  components: {
    messages: Record<string, { payload: object; headers: object; examples?: { payload: unknown }[] }>;
    schemas: Record<string, object>;
  };
}
const made = asyncApi({ consumes, examples, version: '1.2.3' });
const document = JSON.parse(JSON.stringify(made)) as Document;

function ajv(): Ajv {
  const instance = new Ajv({ strict: false, allErrors: true });
  addFormats.default(instance);
  return instance;
}

function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => (key === '$ref' && typeof inner === 'string' ? [inner] : refsIn(inner)));
}

function resolve(ref: string): unknown {
  return ref
    .slice(2)
    .split('/')
    .reduce<unknown>(
      (here, key) => (typeof here === 'object' && here !== null ? (here as Record<string, unknown>)[key] : undefined),
      document,
    );
}

describe('the AsyncAPI document', () => {
  // The official file brings draft-07 along, which ajv has already.
  const { definitions, ...official } = JSON.parse(JSON.stringify(specs.schemas['3.0.0'])) as { definitions: Record<string, object> };
  const { 'http://json-schema.org/draft-07/schema': _, ...own } = definitions;
  const validate = ajv().compile({ ...official, definitions: own });

  it('makes a document that is valid by the official schema of AsyncAPI 3.0.0', () => {
    validate(document);
    expect(validate.errors).toBeNull();
  });

  it('finds a misspelt property with the official schema', () => {
    expect(validate({ ...document, channels: { tickets: { adress: 'x' } } })).toBe(false);
  });

  it('makes plain JSON, the same every time', () => {
    expect(document).toEqual(made);
    expect(JSON.stringify(asyncApi({ consumes, examples, version: '1.2.3' }))).toBe(JSON.stringify(made));
  });

  it('makes no reference to something the document does not contain', () => {
    expect(refsIn(document).filter((ref) => !ref.startsWith('#/') || resolve(ref) === undefined)).toEqual([]);
  });

  it('puts every event on exactly one topic', () => {
    expect(Object.values(document.channels).map((c) => c.address)).toEqual([TICKETS.name, PACKS.name, DIRECTORY.name]);
    expect(
      Object.values(document.channels)
        .flatMap((c) => Object.keys(c.messages))
        .sort(),
    ).toEqual(ALL_EVENTS.map((e) => e.name));
  });

  it('lists for each service what it publishes and consumes', () => {
    expect(Object.keys(document.operations)).toEqual([
      'dispatch.send.tickets',
      'dispatch.send.packs',
      'dispatch.send.directory',
      'intake.send.tickets',
      'notify.send.tickets',
      'sla.send.tickets',
      'dispatch.receive.tickets',
      'intake.receive.tickets',
      'intake.receive.packs',
      'notify.receive.tickets',
      'notify.receive.packs',
      'notify.receive.directory',
      'reporting.receive.tickets',
      'reporting.receive.packs',
      'reporting.receive.directory',
      'sla.receive.tickets',
      'sla.receive.packs',
    ]);
    expect(document.operations['intake.receive.tickets']).toMatchObject({
      action: 'receive',
      messages: [{ $ref: '#/channels/tickets/messages/dispatch.ticket-closed' }],
    });
    expect(document.operations['intake.send.tickets']?.messages).toHaveLength(6);
  });

  it('refuses an event that no service publishes', () => {
    expect(() => asyncApi({ consumes: { intake: ['dispatch.ticket-eaten'] } })).toThrow(
      'intake consumes dispatch.ticket-eaten, which no service publishes',
    );
  });

  it('describes what events about cases have in common once', () => {
    const shared = dispatch.CASE_EVENTS.map((event) => document.components.messages[event.name]?.payload as { properties: object });
    for (const { properties } of shared)
      expect(properties).toMatchObject({ case: { $ref: '#/components/schemas/Case' }, changes: { $ref: '#/components/schemas/Changes' } });
  });

  it('makes a valid document without examples', () => {
    const bare = asyncApi({ consumes: {} });
    validate(bare);
    expect(validate.errors).toBeNull();
    expect(JSON.stringify(bare)).not.toContain('"examples"');
  });
});

describe.each(ALL_EVENTS.map((e) => e.name))('%s', (name) => {
  const message = document.components.messages[name];
  const payload = ajv().compile({ ...message?.payload, components: document.components });

  it('the event has examples that are valid with and without an unknown property, and refuses an empty payload', () => {
    expect(message?.examples?.length).toBeGreaterThan(0);
    for (const { payload: example } of message?.examples ?? []) {
      payload(example);
      expect(payload.errors ?? []).toEqual([]);
      expect(payload({ ...(example as object), unknown: 1 })).toBe(true);
    }
    expect([payload({}), payload(null)]).toEqual([false, false]);
  });

  it('describes the headers that are sent', () => {
    const validate = ajv().compile({ ...message?.headers, components: document.components });
    const event = ALL_EVENTS.find((e) => e.name === name);
    const id = '018f3a5c-7d21-7c44-9b1e-000000000001';
    const { headers } = toWire(
      {
        id,
        name,
        version: event?.version ?? 0,
        producer: event?.producer ?? 'intake',
        org: 'acme',
        ticketId: id,
        seq: 1,
        occurredAt: '2026-02-13T02:00:00.000Z',
        correlationId: id,
        causationId: id,
        actor: { id: 'p', name: '王芳' },
      },
      '{}',
    );
    validate(headers);
    expect(validate.errors).toBeNull();
    const { ce_org: _, ...incomplete } = headers;
    expect([validate(incomplete), validate({ ...headers, ce_type: 'other' }), validate({ ...headers, ce_sequence: '0' })]).toEqual([
      false,
      false,
      false,
    ]);
  });
});
