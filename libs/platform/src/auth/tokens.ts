import { readFile } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { type Actor, Unauthenticated, Unavailable } from '@gongdan/kernel';
import { createLocalJWKSet, createRemoteJWKSet, errors, type JSONWebKeySet, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { type BaseConfig, orgKey } from '../config.js';

/** The caller that a token names. It is verified again after `until`, and it expires at `expiresAt` (both as `performance.now()` counts). */
export interface Verified {
  actor: Actor;
  until: number;
  expiresAt: number;
}

const Claims = z.object({
  // `system:` stands for what a service does by itself: rules treat it as nobody's work.
  sub: z
    .string()
    .min(1)
    .max(200)
    .refine((sub) => !sub.startsWith('system:')),
  org: orgKey,
  name: z.string().max(200).optional(),
  roles: z.array(z.string().max(60)).default([]),
  units: z.array(z.string().max(120)).default([]),
  exp: z.number(),
});

// RFC 8725 3.11: a token that the same issuer signed for another purpose (a logout, an event, an ID token with its own type) is refused.
const ACCESS_TOKEN_TYPE = /^(application\/)?(at\+)?jwt$/i;

const MAX_VERIFIED = 5_000;

/** Verifies bearer tokens against the configured JWKS. Tokens expire in real time: the shifted clock of a demo does not age them. */
@Injectable()
export class Tokens {
  private readonly keys: JWTVerifyGetKey;
  private readonly verified = new Map<string, Verified>();

  /** `realMs`: epoch milliseconds by the database's clock; the wall clock of a process may be an hour off. */
  constructor(
    private readonly config: BaseConfig,
    private readonly realMs: () => number,
  ) {
    this.keys = /^https?:/.test(config.authJwks) ? createRemoteJWKSet(new URL(config.authJwks)) : fileKeys(config.authJwks);
  }

  /**
   * The caller that a token names. Its signature is verified once a minute, not for each request.
   * @throws Unauthenticated when the token is not valid here; Unavailable while the keys cannot be read.
   */
  async of(token: string): Promise<Verified> {
    const known = this.verified.get(token);
    if (known && known.until > performance.now()) return known;
    const verified = await this.verify(token);
    if (this.verified.size >= MAX_VERIFIED) this.verified.delete(this.verified.keys().next().value ?? '');
    this.verified.set(token, verified);
    return verified;
  }

  private async verify(token: string): Promise<Verified> {
    const now = this.realMs();
    const onProcessClock = (epochMs: number) => performance.now() + epochMs - now;
    try {
      const { payload, protectedHeader } = await jwtVerify(token, this.keys, {
        issuer: this.config.authIssuer,
        audience: this.config.authAudience,
        algorithms: ['EdDSA', 'ES256', 'RS256'],
        clockTolerance: 60,
        currentDate: new Date(now),
        requiredClaims: ['exp', 'sub'],
      });
      if (!ACCESS_TOKEN_TYPE.test(String(protectedHeader.typ ?? 'JWT'))) throw new Unauthenticated('platform/bad-token');
      const c = Claims.parse(payload);
      const actor: Actor = { id: c.sub, org: c.org, ...(c.name === undefined ? {} : { name: c.name }), roles: c.roles, units: c.units };
      return { actor, until: onProcessClock(Math.min(now + 60_000, (c.exp + 60) * 1_000)), expiresAt: onProcessClock(c.exp * 1_000) };
    } catch (cause) {
      if (areKeysUnavailable(cause)) throw new Unavailable('platform/keys-away', { cause });
      throw new Unauthenticated('platform/bad-token', { cause }, 'the token is not valid here');
    }
  }
}

// The key server answers 500, or the key file is missing: the token may be valid, and a client that gets 401 discards it.
function areKeysUnavailable(error: unknown): boolean {
  if (error instanceof z.ZodError || error instanceof Unauthenticated) return false;
  return (
    !(error instanceof errors.JOSEError) ||
    error.code === 'ERR_JOSE_GENERIC' ||
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid
  );
}

// A key file may be replaced while the service runs (rotation). An unknown key id reads it again, at most once a second.
function fileKeys(path: string): JWTVerifyGetKey {
  let set: ReturnType<typeof createLocalJWKSet> | undefined;
  let readAt = -Infinity;
  const read = async () => {
    readAt = performance.now();
    set = createLocalJWKSet(JSON.parse(await readFile(path, 'utf8')) as JSONWebKeySet);
    return set;
  };
  return async (header, token) => {
    try {
      return await (set ?? (await read()))(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || performance.now() - readAt < 1_000) throw error;
      return (await read())(header, token);
    }
  };
}
