import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  addressOf,
  ALL_EVENTS,
  type EventEnvelope,
  fromWire,
  DIRECTORY,
  PACKS,
  REPUBLISH,
  TICKETS,
  TOPICS,
  topicOf,
  toWire,
  WATERMARKS,
} from './index.js';

// The same draws in each run; SEED=… makes others.
fc.configureGlobal({ seed: Number(process.env['SEED'] ?? 20_261_129) });

const id = (n: number): string => `018f3a5c-7d21-7c44-9b1e-${String(n).padStart(12, '0')}`;
const event: EventEnvelope = {
  id: id(1),
  name: 'intake.ticket-withdrawn',
  version: 1,
  producer: 'intake',
  org: 'acme',
  ticketId: id(2),
  seq: 7,
  occurredAt: '2026-02-13T02:00:00.000Z',
  correlationId: id(3),
  causationId: id(4),
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  actor: { id: 'person-1', name: '王芳 (Wáng Fāng) 100 %' },
  data: { reason: '已自行解决', withdrawnAt: '2026-02-13T02:00:00.000Z' },
};

function sent(change: Partial<EventEnvelope> = {}): EventEnvelope | undefined {
  const { data, ...rest } = { ...event, ...change };
  const wire = toWire(rest, JSON.stringify(data));
  const address = addressOf(wire.headers);
  return address && fromWire(address, wire.headers, JSON.parse(wire.value?.toString('utf8') ?? 'null'));
}
const headers = (): Record<string, string> => toWire(event, '{}').headers;

describe('an event on the wire', () => {
  it('reads an event as it was sent', () => {
    expect(sent()).toEqual(event);
  });

  it('reads an event without its optional headers', () => {
    const { causationId: _c, traceparent: _t, ...rest } = event;
    const bare: EventEnvelope = { ...rest, actor: { id: 'system:intake' } };
    const { data, ...place } = bare;
    const wire = toWire(place, JSON.stringify(data));
    const address = addressOf(wire.headers);
    expect(address && fromWire(address, wire.headers, data)).toEqual(bare);
    expect(Object.keys(wire.headers).filter((h) => /causation|trace|authname/.test(h))).toEqual([]);
  });

  it('carries every name a person may have, in headers of plain ASCII', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (name, seq) => {
        expect(sent({ actor: { id: 'p', name }, seq })).toEqual({ ...event, actor: { id: 'p', name }, seq });
        expect(toWire({ ...event, actor: { id: 'p', name } }, '{}').headers['ce_authname']).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });

  it('replaces half a surrogate pair in a name', () => {
    expect(sent({ actor: { id: 'p', name: 'a\ud800b' } })?.actor.name).toBe('a\ufffdb');
  });

  it('keeps a name as it is when it is not percent-encoded', () => {
    const address = addressOf(headers());
    expect(address && fromWire(address, { ...headers(), ce_authname: '100 %' }, {}).actor.name).toBe('100 %');
  });

  it('takes the id as correlation id and the producer as actor when these headers are missing', () => {
    const { ce_correlationid: _c, ce_authid: _a, ce_authname: _n, ...bare } = headers();
    const address = addressOf(bare);
    expect(address && fromWire(address, bare, {})).toMatchObject({ correlationId: id(1), actor: { id: 'system:intake' } });
  });
});

describe('the message of an event', () => {
  it('sends attributes as headers ce_<name> in lower-case letters and digits, and the payload untouched as the value', () => {
    const wire = toWire(event, '{"reason" : "x"}');
    const names = Object.keys(wire.headers).filter((h) => h !== 'content-type');
    expect(names.filter((name) => !/^ce_[a-z0-9]+$/.test(name))).toEqual([]);
    expect(wire.value?.toString()).toBe('{"reason" : "x"}');
    expect(wire.headers).toMatchObject({
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_source: '/gongdan/intake',
      ce_type: 'intake.ticket-withdrawn',
      ce_dataschema: 'urn:gongdan:event:intake.ticket-withdrawn:1',
      ce_sequence: '7',
    });
  });

  it('uses the ticket as key and as partition key', () => {
    const wire = toWire(event, '{}');
    expect([wire.key, wire.headers['ce_subject'], wire.headers['ce_partitionkey']]).toEqual([id(2), id(2), id(2)]);
  });
});

describe('reading an address', () => {
  it('finds no address without headers', () => {
    expect(addressOf({})).toBeUndefined();
  });

  it.each(['ce_id', 'ce_source', 'ce_type', 'ce_time', 'ce_subject', 'ce_org', 'ce_sequence', 'ce_eventversion'])(
    'finds no address when %s is missing or empty',
    (name) => {
      const { [name]: _, ...rest } = headers();
      expect(addressOf(rest)).toBeUndefined();
      expect(addressOf({ ...rest, [name]: '' })).toBeUndefined();
    },
  );

  it.each([
    ['another producer than that of the type', { ce_source: '/gongdan/dispatch' }],
    ['a type of another producer', { ce_type: 'dispatch.ticket-closed' }],
    ['an unknown producer', { ce_source: '/gongdan/evil', ce_type: 'evil.ticket-closed' }],
    ['a source that only ends like ours', { ce_source: 'https://example.com/gongdan/intake' }],
    ['a source that only begins like ours', { ce_source: '/gongdan/intake/x' }],
    ['a producer that is a property of every object', { ce_source: '/gongdan/constructor', ce_type: 'constructor.x' }],
    ['a type without a name', { ce_type: 'intake.' }],
    ['a type with a line break', { ce_type: 'intake.ticket\nx' }],
    ['a type in capitals', { ce_type: 'intake.Ticket-Registered' }],
    ['a huge type', { ce_type: `intake.${'x'.repeat(100)}` }],
    ['an id that is no uuid', { ce_id: '1' }],
    ['a subject that is no uuid', { ce_subject: 'ticket-1' }],
    ['a subject with a line break behind it', { ce_subject: `${id(2)}\n` }],
    ['a subject in capitals, a second name of the same ticket', { ce_subject: id(2).toUpperCase() }],
    ['seq 0', { ce_sequence: '0' }],
    ['seq -1', { ce_sequence: '-1' }],
    ['seq NaN', { ce_sequence: 'NaN' }],
    ['seq Infinity', { ce_sequence: 'Infinity' }],
    ['seq 1e400', { ce_sequence: '1e400' }],
    ['seq 1e3', { ce_sequence: '1e3' }],
    ['seq 0x10', { ce_sequence: '0x10' }],
    ['seq 1.5', { ce_sequence: '1.5' }],
    ['seq with a blank', { ce_sequence: ' 7' }],
    ['seq 007', { ce_sequence: '007' }],
    ['seq beyond 2^53 - 1', { ce_sequence: '9007199254740992' }],
    ['version 0', { ce_eventversion: '0' }],
    ['version text', { ce_eventversion: 'one' }],
    ['a huge org', { ce_org: 'x'.repeat(65) }],
    ['an org with a NUL', { ce_org: 'acme\u0000' }],
    ['an org with a lone surrogate', { ce_org: 'acme\ud800' }],
    ['a time that is no date', { ce_time: 'yesterday' }],
    ['a time with an impossible date', { ce_time: '2026-13-01T00:00:00.000Z' }],
    ['a local time', { ce_time: '2026-02-13T02:00:00.000+08:00' }],
  ])('finds no address for %s', (_name, change) => {
    expect(addressOf({ ...headers(), ...change })).toBeUndefined();
  });

  it('reads any headers without throwing', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(headers())), fc.string({ unit: 'binary' })), (change) => {
        const all = { ...headers(), ...change };
        const address = addressOf(all);
        if (address) fromWire(address, all, {});
      }),
    );
  });

  it('ignores unknown headers', () => {
    expect(addressOf({ ...headers(), ce_x: 'y', traceparent: 'z' })).toBeDefined();
  });
});

describe('topics of events', () => {
  it('puts packs on a topic of their own and all other events on that of tickets', () => {
    expect(ALL_EVENTS.filter((e) => topicOf(e.name) === PACKS).map((e) => e.name)).toEqual(['dispatch.pack-published']);
    expect(new Set(ALL_EVENTS.map((e) => topicOf(e.name)))).toEqual(new Set([DIRECTORY, PACKS, TICKETS]));
    expect(TOPICS).toEqual([TICKETS, PACKS, DIRECTORY, REPUBLISH, WATERMARKS]);
  });

  it('gives every event a name of its own that is a valid address', () => {
    expect(new Set(ALL_EVENTS.map((e) => e.name)).size).toBe(ALL_EVENTS.length);
    for (const e of ALL_EVENTS)
      expect(addressOf({ ...headers(), ce_source: `/gongdan/${e.producer}`, ce_type: e.name })).toMatchObject({ name: e.name });
  });
});
