import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { exportJWK, SignJWT } from 'jose';
import { type Home, SERVICES, type ServiceName } from '../home/home.js';

export const ISSUER = 'gongdan-local';
export const AUDIENCE = 'gongdan';

/** The person a token is made for. */
export interface Person {
  id: string;
  name?: string | undefined;
  org?: string | undefined;
  roles: readonly string[];
  units?: readonly string[] | undefined;
}

/** Makes the key pair of a local stack (Ed25519) once and returns the file of the public half; services read only that. */
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

function eventKey(home: Home, service: ServiceName): KeyObject {
  const file = home.dir('secrets', `event-key-${service}.pem`);
  if (!existsSync(file)) {
    mkdirSync(home.dir('secrets'), { recursive: true, mode: 0o700 });
    writeFileSync(file, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  }
  return createPrivateKey(readFileSync(file));
}

/** `EVENT_SIGNING_KEY` of a service of this home; its key is made at the first start. */
export function eventSigningKey(home: Home, service: ServiceName): string {
  return `local:${eventKey(home, service).export({ type: 'pkcs8', format: 'der' }).toString('base64')}`;
}

/** `EVENT_VERIFY_KEYS` of all services of this home. */
export function eventVerifyKeys(home: Home): string {
  const der = (service: ServiceName) => createPublicKey(eventKey(home, service)).export({ type: 'spki', format: 'der' });
  return SERVICES.map((service) => `${service}/local:${der(service).toString('base64')}`).join(',');
}

/** Makes a bearer token of the local stack. */
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
