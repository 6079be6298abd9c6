import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { exportJWK, SignJWT } from 'jose';
import { type Home } from './home.js';

export const ISSUER = 'gongdan-local';
export const AUDIENCE = 'gongdan';

/** Who a token speaks for. */
export interface Person {
  id: string;
  name?: string | undefined;
  org?: string | undefined;
  roles: readonly string[];
  units?: readonly string[] | undefined;
}

/** The key pair of a local stack (Ed25519), made once; services see only the public half. */
export async function ensureKeys(home: Home): Promise<string> {
  const file = home.dir('jwks.json');
  const secret = home.dir('secrets', 'signing-key.pem');
  if (!existsSync(secret) || !existsSync(file)) {
    mkdirSync(home.dir('secrets'), { recursive: true, mode: 0o700 });
    const { privateKey } = generateKeyPairSync('ed25519');
    writeFileSync(secret, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    const jwk = await exportJWK(createPublicKey(privateKey));
    writeFileSync(file, `${JSON.stringify({ keys: [{ ...jwk, kid: 'local', alg: 'EdDSA', use: 'sig' }] }, null, 2)}\n`);
  }
  return file;
}

/** A bearer token of the local stack. */
export async function tokenFor(home: Home, person: Person, ttlHours = 12): Promise<string> {
  const key = createPrivateKey(readFileSync(home.dir('secrets', 'signing-key.pem')));
  return new SignJWT({
    org: person.org ?? 'demo',
    name: person.name ?? person.id,
    roles: [...person.roles],
    units: [...(person.units ?? [])],
  })
    .setProtectedHeader({ alg: 'EdDSA', kid: 'local' })
    .setSubject(person.id)
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setIssuedAt()
    .setExpirationTime(`${ttlHours}h`)
    .sign(key);
}
