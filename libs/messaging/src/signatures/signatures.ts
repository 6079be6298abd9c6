import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { signedBytes } from '@gongdan/contracts';
import { type SigningKey, type VerifyKey } from '@gongdan/platform';
import { type OutgoingMessage } from '../kafka/bus.js';
import { GROUP, leafOf, rootOf, treeOf } from './merkle.js';

const KEY_ID = 'ce_sigkey';
const SIGNATURE = 'ce_sig';
const PATH = 'ce_sigpath';
const PURPOSE = Buffer.from('gongdan-root-1\n');
/** Verified roots are cached, because the messages of a group arrive together. 2,000 hold 32,000 messages and take half a megabyte. */
const REMEMBERED = 2_000;

/** Why a signature is not accepted. The codes are stable: operators filter parked events by them. */
export interface Distrust {
  code: 'messaging/unsigned' | 'messaging/unknown-key' | 'messaging/bad-signature';
  error: string;
}

/** Adds the producer's signature to messages before they are published. */
export class EventSigner {
  constructor(private readonly key: SigningKey) {}

  /** The same messages with the headers of the signature. The topic is covered: the signature of a message copied to another topic is refused there. */
  sign(topic: string, messages: readonly OutgoingMessage[]): OutgoingMessage[] {
    const signed: OutgoingMessage[] = [];
    for (let at = 0; at < messages.length; at += GROUP) {
      const group = messages.slice(at, at + GROUP);
      const { root, paths } = treeOf(group.map((m) => leafOf(signedBytes(topic, m))));
      const signature = sign(null, Buffer.concat([PURPOSE, root]), this.key.key).toString('base64url');
      group.forEach((m, i) => {
        const path = paths[i]?.toString('base64url');
        signed.push({ ...m, headers: { ...m.headers, [KEY_ID]: this.key.id, [SIGNATURE]: signature, ...(path ? { [PATH]: path } : {}) } });
      });
    }
    return signed;
  }
}

/** Verifies that a message was signed by the producer it names. */
export class EventVerifier {
  private readonly keys: ReadonlyMap<string, KeyObject>;
  private readonly verified = new Set<string>();

  constructor(keys: readonly VerifyKey[]) {
    this.keys = new Map(keys.map((k) => [`${k.producer}/${k.id}`, k.key]));
  }

  /** Undefined when the signature is right; never throws. */
  distrust(
    topic: string,
    producer: string,
    message: { key: string | null; headers: Record<string, string>; value: Buffer | null },
  ): Distrust | undefined {
    const { [KEY_ID]: keyId, [SIGNATURE]: signature, [PATH]: path } = message.headers;
    if (keyId === undefined || signature === undefined) return { code: 'messaging/unsigned', error: 'the message carries no signature' };
    const name = `${producer}/${keyId}`;
    const key = this.keys.get(name);
    if (!key) return { code: 'messaging/unknown-key', error: `EVENT_VERIFY_KEYS holds no key ${name.slice(0, 80)}` };
    const root = rootOf(leafOf(signedBytes(topic, message)), Buffer.from(path ?? '', 'base64url'));
    if (!root || !this.isSigned(name, key, root, signature))
      return { code: 'messaging/bad-signature', error: `the signature of key ${name} does not cover this message` };
    return undefined;
  }

  private isSigned(name: string, key: KeyObject, root: Buffer, signature: string): boolean {
    const group = `${name}|${root.toString('base64')}|${signature}`;
    if (this.verified.has(group)) return true;
    if (!verify(null, Buffer.concat([PURPOSE, root]), key, Buffer.from(signature, 'base64url'))) return false;
    const oldest = this.verified.values().next().value;
    if (this.verified.size >= REMEMBERED && oldest !== undefined) this.verified.delete(oldest);
    this.verified.add(group);
    return true;
  }
}

/**
 * Whether consumers that hold `keys` will accept what `producer` signs with `key`. Checked at boot: a service whose own events would be
 * refused everywhere must not start.
 */
export function isOwnKeyKnown(producer: string, key: SigningKey, keys: readonly VerifyKey[]): boolean {
  const der = (k: KeyObject): string => k.export({ type: 'spki', format: 'der' }).toString('base64');
  const own = der(createPublicKey(key.key));
  return keys.some((k) => k.producer === producer && k.id === key.id && der(k.key) === own);
}
