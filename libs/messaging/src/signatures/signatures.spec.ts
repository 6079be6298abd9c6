import { generateKeyPairSync } from 'node:crypto';
import { TICKETS, toWire } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { parseSigningKey, parseVerifyKeys } from '@gongdan/platform';
import { describe, expect, it } from '@jest/globals';
import { type OutgoingMessage } from '../kafka/bus.js';
import { GROUP } from './merkle.js';
import { EventSigner, EventVerifier, isOwnKeyKnown } from './signatures.js';

function keyPair(producer: string, id: string): { signing: string; verify: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    signing: `${id}:${privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')}`,
    verify: `${producer}/${id}:${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`,
  };
}
const intake = keyPair('intake', 'a');
const signer = new EventSigner(parseSigningKey(intake.signing));
const verifierOf = (...keys: string[]): EventVerifier => new EventVerifier(parseVerifyKeys(keys.join(',')));

function message(n: number): OutgoingMessage {
  return toWire(
    {
      id: newId(),
      name: 'intake.ticket-withdrawn',
      version: 1,
      producer: 'intake',
      org: 'acme',
      ticketId: newId(),
      seq: n + 1,
      occurredAt: '2026-03-02T09:00:00.000Z',
      correlationId: 'c',
      causationId: newId(),
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      actor: { id: 'li', name: '李' },
    },
    JSON.stringify({ reason: `r${n}` }),
  );
}
const messages = (count: number): OutgoingMessage[] => Array.from({ length: count }, (_, n) => message(n));

describe('signatures of events', () => {
  it.each([1, 2, 3, 5, GROUP - 1, GROUP, GROUP + 1, 2 * GROUP + 7])('signatures prove each of %d messages published together', (count) => {
    const verifier = verifierOf(intake.verify);
    const signed = signer.sign(TICKETS.name, messages(count));
    expect(signed).toHaveLength(count);
    expect(signed.map((m) => verifier.distrust(TICKETS.name, 'intake', m))).toEqual(signed.map(() => undefined));
    expect(new Set(signed.map((m) => m.headers['ce_sig'])).size).toBe(Math.ceil(count / GROUP));
  });

  it('the verifier refuses a message when any signed attribute, its key, its topic or its payload was changed', () => {
    const verifier = verifierOf(intake.verify);
    const m = signer.sign(TICKETS.name, messages(3))[1] as OutgoingMessage;
    const changed = (change: Partial<OutgoingMessage>, topic = TICKETS.name) =>
      verifier.distrust(topic, 'intake', { ...m, ...change })?.code;
    const attributes = Object.keys(m.headers).filter(
      (h) => !['content-type', 'ce_specversion', 'ce_dataschema', 'ce_partitionkey'].includes(h) && !h.startsWith('ce_sig'),
    );
    expect(attributes).toHaveLength(13);
    for (const name of attributes) {
      expect([name, changed({ headers: { ...m.headers, [name]: `${m.headers[name]}1` } })]).toEqual([name, 'messaging/bad-signature']);
      const { [name]: _, ...without } = m.headers;
      expect([name, changed({ headers: without })]).toEqual([name, 'messaging/bad-signature']);
    }
    expect(changed({ value: Buffer.from('{"reason":"forged"}') })).toBe('messaging/bad-signature');
    expect(changed({ value: null })).toBe('messaging/bad-signature');
    expect(changed({ key: newId() })).toBe('messaging/bad-signature');
    expect(changed({}, 'gongdan.packs')).toBe('messaging/bad-signature');
    expect(changed({})).toBeUndefined();
  });

  it('the verifier refuses the path or the signature of another message, and text that is neither', () => {
    const verifier = verifierOf(intake.verify);
    const [a, b] = signer.sign(TICKETS.name, messages(4)) as [OutgoingMessage, OutgoingMessage];
    const [single] = signer.sign(TICKETS.name, messages(1)) as [OutgoingMessage];
    for (const other of [
      { ce_sigpath: b.headers['ce_sigpath'] },
      { ce_sigpath: '' },
      { ce_sigpath: 'x' },
      { ce_sigpath: 'A'.repeat(1_900) },
      { ce_sig: single.headers['ce_sig'] },
      { ce_sig: '' },
      { ce_sig: '💥' },
    ])
      expect(
        verifier.distrust(TICKETS.name, 'intake', { ...a, headers: { ...a.headers, ...(other as Record<string, string>) } })?.code,
      ).toBe('messaging/bad-signature');
  });

  it('the verifier refuses a message without signature, and one of a key that belongs to another producer', () => {
    const dispatch = keyPair('dispatch', 'a');
    const verifier = verifierOf(intake.verify, dispatch.verify);
    const [plain] = messages(1) as [OutgoingMessage];
    expect(verifier.distrust(TICKETS.name, 'intake', plain)?.code).toBe('messaging/unsigned');
    const [byDispatch] = new EventSigner(parseSigningKey(dispatch.signing)).sign(TICKETS.name, [plain]) as [OutgoingMessage];
    expect(verifier.distrust(TICKETS.name, 'intake', byDispatch)?.code).toBe('messaging/bad-signature');
    expect(verifierOf(dispatch.verify).distrust(TICKETS.name, 'intake', byDispatch)?.code).toBe('messaging/unknown-key');
  });

  it('signatures are accepted from the old and the new key while a key is rotated', () => {
    const next = keyPair('intake', 'b');
    const verifier = verifierOf(intake.verify, next.verify);
    for (const key of [intake, next]) {
      const [m] = new EventSigner(parseSigningKey(key.signing)).sign(TICKETS.name, messages(1)) as [OutgoingMessage];
      expect(verifier.distrust(TICKETS.name, 'intake', m)).toBeUndefined();
    }
  });

  it('signatures leave out a header that a consumer drops for its length', () => {
    const [m] = messages(1) as [OutgoingMessage];
    const [signed] = signer.sign(TICKETS.name, [{ ...m, headers: { ...m.headers, ce_authname: '%E6%9D%8E'.repeat(300) } }]) as [
      OutgoingMessage,
    ];
    const { ce_authname: _, ...received } = signed.headers;
    expect(verifierOf(intake.verify).distrust(TICKETS.name, 'intake', { ...signed, headers: received })).toBeUndefined();
  });

  it('a signing key counts as known only when consumers hold the public half under the name of the producer', () => {
    const key = parseSigningKey(intake.signing);
    expect(isOwnKeyKnown('intake', key, parseVerifyKeys(intake.verify))).toBe(true);
    expect(isOwnKeyKnown('dispatch', key, parseVerifyKeys(intake.verify))).toBe(false);
    expect(isOwnKeyKnown('intake', key, parseVerifyKeys(keyPair('intake', 'a').verify))).toBe(false);
  });
});
