import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';

/** The private half with which a service signs what it publishes. */
export interface SigningKey {
  /** Is in the header of every event, so that a consumer knows which public half to use. */
  id: string;
  key: KeyObject;
}

/** A public half, and the only producer whose events it may verify. */
export interface VerifyKey {
  producer: string;
  id: string;
  key: KeyObject;
}

const KEY_ID = /^[A-Za-z0-9._-]{1,40}$/;

/** `EVENT_SIGNING_KEY`: `<key id>:<PKCS #8 in DER, base64>`, as `openssl genpkey -algorithm ed25519 -outform DER | base64` prints it. */
export function parseSigningKey(text: string): SigningKey {
  const [id = '', der = ''] = halves(text.trim());
  if (!KEY_ID.test(id)) throw new Error('needs a key id of letters, digits, dot, hyphen or underscore before the colon');
  return { id, key: ed25519(() => createPrivateKey({ key: Buffer.from(der, 'base64'), format: 'der', type: 'pkcs8' })) };
}

/**
 * `EVENT_VERIFY_KEYS`: comma-separated `<producer>/<key id>:<SPKI in DER, base64>`. A producer may have several keys: while a key is rotated
 * the old and the new one are both accepted, and the public half of a retired key stays as long as events signed with it are on a topic.
 */
export function parseVerifyKeys(text: string): VerifyKey[] {
  const entries = text.split(',').map((entry) => entry.trim());
  const keys = entries.filter(Boolean).map((entry) => {
    const [name = '', der = ''] = halves(entry);
    const [producer = '', id = ''] = name.split('/');
    if (!/^[a-z]+$/.test(producer) || !KEY_ID.test(id))
      throw new Error(`needs <producer>/<key id> before the colon, not ${name.slice(0, 80)}`);
    return { producer, id, key: ed25519(() => createPublicKey({ key: Buffer.from(der, 'base64'), format: 'der', type: 'spki' })) };
  });
  const names = keys.map((k) => `${k.producer}/${k.id}`);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new Error(`names the key ${twice} twice`);
  if (keys.length === 0) throw new Error('names no key');
  return keys;
}

function halves(text: string): string[] {
  const colon = text.indexOf(':');
  return colon === -1 ? [text] : [text.slice(0, colon), text.slice(colon + 1)];
}

// The cause is left out: it could quote the key.
function ed25519(read: () => KeyObject): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = read();
  } catch {
    key = undefined;
  }
  if (key?.asymmetricKeyType !== 'ed25519') throw new Error('needs an Ed25519 key in DER, base64, after the colon');
  return key;
}

function parsed<T>(parse: (text: string) => T) {
  return z.string().transform((text, context) => {
    try {
      return parse(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  });
}

export const signingKey = parsed(parseSigningKey);
export const verifyKeys = parsed(parseVerifyKeys);
