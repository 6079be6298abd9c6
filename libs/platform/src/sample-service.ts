import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Readable } from 'node:stream';
import { Body, Controller, Get, HttpCode, Module, Param, Post, Query, type Type } from '@nestjs/common';
import { type Actor, type Cause, Conflict, newId, Refused, TooMany, Unavailable } from '@gongdan/kernel';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import pg from 'pg';
import { z } from 'zod';
import { Answers } from './http/answers.js';
import { Public, Right } from './auth/access.js';
import { CausedBy, TicketId, Who } from './auth/parameters.js';
import { serviceConfig } from './config.js';
import { type App, createApp } from './http/create-app.js';
import { Database } from './database/database.js';
import { type HttpLimits } from './http/http-admission.js';
import { LargeBody } from './http/json-body.js';
import { logger } from './watching/logging.js';
import { line, prose } from './http/text.js';

/** A small service for the specs of this library: real settings, real Postgres, real tokens. Not exported. */
const Place = z.strictObject({ area: line(20), 'a/b~c': z.number().optional() }).meta({ id: 'Place' });
const Thing = z
  .strictObject({
    name: line(20),
    text: prose(100).optional(),
    count: z.number().int().optional(),
    tags: z.array(z.string()).optional(),
    attributes: z.record(line(60), z.union([line(2_000), z.number(), z.boolean()])).optional(),
    place: Place.optional(),
  })
  .meta({ id: 'Thing', description: 'A thing of the specs' });
const LargeThing = z.strictObject({ items: z.array(z.number()) }).meta({ id: 'LargeThing' });
const ThingQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50), word: z.string().optional() });
const Stored = z.object({ id: z.uuid(), thing: Thing }).meta({ id: 'Stored' });

@Controller('v1/things')
export class ThingsController {
  static written = 0;
  static uploaded = 0;

  constructor(private readonly database: Database) {}

  @Post()
  @Right('tickets:create')
  @Answers(201, Stored, 'Stored')
  create(@Body({ schema: Thing }) body: z.infer<typeof Thing>, @CausedBy() cause: Cause): { id: string; thing: unknown } {
    ThingsController.written += 1;
    if (body.name === 'loud') logger('sample').of(cause).info('a thing was made');
    return { id: newId(), thing: body };
  }

  @Get()
  @Right('tickets:read')
  async list(@Query({ schema: ThingQuery }) query: z.infer<typeof ThingQuery>): Promise<unknown> {
    const row = await this.database.one<{ t: string }>('select $1::text as t', [query.word ?? '']);
    return { ...query, row };
  }

  @Get(':id')
  @Right('tickets:read')
  read(@TicketId('id') id: string): { id: string } {
    return { id };
  }

  @Get(':id/parts/:part')
  @Right('tickets:read')
  part(@Param('part', { schema: z.coerce.number().int().positive() }) part: number): { part: number } {
    return { part };
  }
}

@Controller('v1')
export class OddsController {
  /** Answers with the caller and the cause. */
  @Get('cause')
  @Right('tickets:read')
  cause(@Who() who: Actor, @CausedBy() cause: Cause): { who: Actor; cause: Cause } {
    return { who, cause };
  }

  @Get('open')
  @Public('for the specs')
  open(@CausedBy() cause: Cause): { cause: Cause } {
    return { cause };
  }

  @Post('files')
  @HttpCode(200)
  @Right('imports:run')
  async file(@Body() body: Readable): Promise<{ bytes: number }> {
    let bytes = 0;
    for await (const chunk of body) {
      bytes += (chunk as Buffer).length;
      ThingsController.uploaded = bytes;
    }
    return { bytes };
  }

  @Get('fails/:how')
  @Right('tickets:read')
  fail(@Param('how') how: string): never {
    switch (how) {
      case 'conflict':
        throw new Conflict('sample/stale', { details: { version: 3 } }, 'another request was faster');
      case 'refused':
        throw new Error('wrapped', { cause: new Refused('sample/no') });
      case 'too-many':
        throw new TooMany('sample/too-many', { details: { retryAfterS: 60 } });
      case 'away':
        throw new Unavailable('sample/away');
      case 'locked':
        throw Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' });
      case 'database':
        throw Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
      default:
        throw new Error('select * from secret_table where password = 1');
    }
  }
}

@Controller('v1/large-things')
class LargeThingsController {
  @Post()
  @Right('tickets:create')
  @LargeBody({ values: 10_000 })
  create(@Body({ schema: LargeThing }) body: z.infer<typeof LargeThing>): { items: number } {
    return { items: body.items.length };
  }
}

@Module({ controllers: [ThingsController, OddsController, LargeThingsController] })
export class SampleModule {}

export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'gongdan-sample';

export interface SampleKeys {
  file: string;
  kid: string;
  sign(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
}

const folders: string[] = [];
process.once('exit', () => folders.forEach((f) => rmSync(f, { recursive: true, force: true })));

/** A key pair whose public half stands in a JWKS file. `sign` makes a valid token; given claims override its own, and undefined omits one. */
export async function sampleKeys(file?: string, kid = 'k1'): Promise<SampleKeys> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  if (file === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'gongdan-platform-'));
    folders.push(folder);
    file = join(folder, 'jwks.json');
  }
  writeFileSync(file, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' }] }));
  return {
    file,
    kid,
    sign: (claims = {}, header = {}) => {
      const now = Math.floor(Date.now() / 1_000);
      const payload = {
        sub: 'wang',
        org: 'acme',
        name: '王芳',
        roles: ['admin'],
        units: ['desk'],
        iss: ISSUER,
        aud: AUDIENCE,
        iat: now,
        exp: now + 600,
        ...claims,
      };
      return new SignJWT(payload).setProtectedHeader({ alg: 'EdDSA', kid, ...header }).sign(privateKey);
    },
  };
}

interface Stack {
  postgres: string;
  redis: string;
}

export function sampleStack(): Stack {
  const text = process.env['GONGDAN_TEST_STACK'];
  if (!text) throw new Error('GONGDAN_TEST_STACK is not set: run the tests through `npm test`');
  return JSON.parse(text.startsWith('{') ? text : readFileSync(text, 'utf8')) as Stack;
}

/** An empty database. @gongdan/testing cannot be used here, because it depends on this library. */
export async function sampleDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const admin = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: sampleStack().postgres });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  const name = `t_platform_${randomBytes(6).toString('hex')}`;
  await admin(`create database ${name}`);
  const url = new URL(sampleStack().postgres);
  url.pathname = `/${name}`;
  return { url: url.toString(), drop: () => admin(`drop database if exists ${name} with (force)`) };
}

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

export interface Sample {
  app: App;
  url: string;
  keys: SampleKeys;
  call(
    method: string,
    path: string,
    options?: { token?: string | null; body?: string | Buffer; json?: unknown; headers?: Record<string, string> },
  ): Promise<Answer>;
  stop(): Promise<void>;
}

const pair = generateKeyPairSync('ed25519');
/** Settings that production requires. */
const EVENT_KEYS = {
  EVENT_SIGNING_KEY: `a:${pair.privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')}`,
  EVENT_VERIFY_KEYS: `intake/a:${pair.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`,
};

export async function startSample(
  options: { module?: Type; env?: Record<string, string>; limits?: Partial<HttpLimits>; undeclaredAnswers?: boolean } = {},
): Promise<Sample> {
  const keys = await sampleKeys();
  const database = await sampleDatabase();
  const env = {
    GONGDAN_MODE: 'test',
    PORT: '0',
    KAFKA_BROKERS: 'none:1',
    INTAKE_DB_URL: database.url,
    AUTH_JWKS: keys.file,
    AUTH_ISSUER: ISSUER,
    AUTH_AUDIENCE: AUDIENCE,
    OPERATOR_ORG: 'acme',
    SEAL_KEY: randomBytes(32).toString('base64'),
    ...EVENT_KEYS,
    ALLOW_PLAINTEXT: 'kafka,postgres,redis',
    LOG_LEVEL: 'error',
    DRAIN_MS: '0',
    RATE_CALLER_PER_S: '0',
    RATE_ORG_PER_S: '0',
    ...options.env,
  };
  const app = await createApp(
    { name: 'intake', module: options.module ?? SampleModule, config: serviceConfig('intake', {}), migrations: [] },
    env,
    { limits: options.limits ?? {}, undeclaredAnswers: options.undeclaredAnswers ?? true },
  ).catch(async (error: unknown) => {
    await database.drop();
    throw error;
  });
  const url = await app.listen().catch(async (error: unknown) => {
    await app.close();
    await database.drop();
    throw error;
  });
  const admin = await keys.sign();
  return {
    app,
    url,
    keys,
    call: async (method, path, { token = admin, body, json, headers = {} } = {}) => {
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: json === undefined ? (body ?? null) : JSON.stringify(json),
      });
      const text = await answer.text();
      return {
        status: answer.status,
        headers: answer.headers,
        body:
          text !== '' && /json/.test(answer.headers.get('content-type') ?? '') ? (JSON.parse(text) as Record<string, unknown>) : { text },
      };
    },
    stop: async () => {
      await app.quiesce();
      await app.close();
      await database.drop();
    },
  };
}
