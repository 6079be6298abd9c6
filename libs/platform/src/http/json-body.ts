import { SetMetadata } from '@nestjs/common';
import { Invalid } from '@gongdan/kernel';
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { pointerTo } from './pointers.js';

/** Content types whose body a handler gets as a stream: files of an import. */
const FILES = ['text/csv', 'application/octet-stream', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'];

export const isFile = (request: FastifyRequest): boolean =>
  FILES.includes(request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '');

export interface JsonLimits {
  /** Properties and list elements of the whole body. */
  values: number;
  /** Objects and lists inside each other. */
  depth: number;
}

// 116,000 unknown keys cost 0.4 s and 1 MB of wrong attributes 1.7 s in zod. The largest body of a route without a limit of its own has a
// few hundred values.
export const JSON_LIMITS: JsonLimits = { values: 2_000, depth: 32 };

const LIMITS = 'gongdan:json-limits';

/** For a route whose body is larger than others, like a process pack. */
export const LargeBody = (limits: Partial<JsonLimits>) => SetMetadata(LIMITS, { ...JSON_LIMITS, ...limits });

/** The limits of a route's body, by the handler that Nest gave to Fastify. */
export const jsonLimitsOf = (handler: object): JsonLimits =>
  (Reflect.getMetadata(LIMITS, handler) as JsonLimits | undefined) ?? JSON_LIMITS;

const [QUOTE, COMMA, OPENING_BRACE, CLOSING_BRACE, OPENING_BRACKET, CLOSING_BRACKET] = [0x22, 0x2c, 0x7b, 0x7d, 0x5b, 0x5d] as const;

/**
 * Looks for what `JSON.parse` does not refuse and what costs too much to validate: a property that appears twice in one object (which of
 * the two counts differs among parsers), too many values, too deep. Text that is not JSON is left to the parser, which knows the position.
 */
export function checkJson(text: string, limits: JsonLimits): void {
  const open: { keys: Set<string> | undefined; at: string | number }[] = [];
  const place = (): string => open.map(({ at }) => pointerTo(at)).join('');
  let values = 0;
  let keyNext = false;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE: {
        const end = closingQuote(text, i);
        if (end < 0) return;
        const container = open.at(-1);
        if (keyNext && container?.keys) {
          const key = unescaped(text.slice(i, end + 1));
          if (key === undefined) return;
          container.at = key;
          if (container.keys.has(key)) throw refused('platform/duplicate-key', 'the property appears twice', place());
          container.keys.add(key);
          keyNext = false;
        }
        i = end;
        break;
      }
      case OPENING_BRACE:
      case OPENING_BRACKET: {
        const isObject = text.charCodeAt(i) === OPENING_BRACE;
        if (open.length >= limits.depth) throw refused('platform/too-deep', `may be ${limits.depth} levels deep`, place());
        open.push({ keys: isObject ? new Set() : undefined, at: isObject ? '' : 0 });
        keyNext = isObject;
        values += 1;
        break;
      }
      case CLOSING_BRACE:
      case CLOSING_BRACKET:
        open.pop();
        keyNext = false;
        break;
      case COMMA: {
        const container = open.at(-1);
        if (typeof container?.at === 'number') container.at += 1;
        keyNext = container?.keys !== undefined;
        values += 1;
        break;
      }
    }
    if (values > limits.values) throw refused('platform/too-many-values', `may have ${limits.values} values`, '');
  }
}

const refused = (code: string, detail: string, pointer: string): Invalid =>
  new Invalid(code, { violations: [{ pointer, detail }] }, detail);

function closingQuote(text: string, opening: number): number {
  for (let end = text.indexOf('"', opening + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return end;
  }
  return -1;
}

function unescaped(quoted: string): string | undefined {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return undefined;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

// Fastify's message lacks the position. The engine's message quotes the body, so only the position is taken from it.
function jsonError(text: string, error: Error): Error {
  if ((error as { code?: unknown }).code !== 'FST_ERR_CTP_INVALID_JSON_BODY') return error;
  let detail = 'a property like __proto__ is not allowed';
  try {
    JSON.parse(text);
  } catch (syntax) {
    const position = /position (\d+)/.exec(String(syntax))?.[1];
    detail = position === undefined ? 'the JSON ends too early' : `the JSON is invalid at position ${position}`;
  }
  return new Invalid('platform/malformed-json', { cause: error, violations: [{ pointer: '', detail }] }, detail);
}

/** Bodies are strict JSON in UTF-8, or files, which a handler reads as a stream. */
export function parseBodies(fastify: FastifyInstance, limitsOf: (request: FastifyRequest) => JsonLimits): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request: FastifyRequest, body: Buffer, done) => {
    const charset = /charset="?([\w-]+)/i.exec(request.headers['content-type'] ?? '')?.[1];
    if (charset !== undefined && !/^utf-?8$/i.test(charset)) {
      done(Object.assign(new Error('only UTF-8 is accepted'), { statusCode: 415, code: 'FST_ERR_CTP_INVALID_MEDIA_TYPE' }), undefined);
      return;
    }
    let text: string;
    try {
      text = utf8.decode(body);
    } catch (cause) {
      done(new Invalid('platform/not-utf8', { cause, violations: [{ pointer: '', detail: 'is not valid UTF-8' }] }), undefined);
      return;
    }
    try {
      checkJson(text, limitsOf(request));
    } catch (error) {
      done(error as Error, undefined);
      return;
    }
    void parse(request, text, (error, value) => done(error === null ? null : jsonError(text, error), value));
  });
  for (const type of FILES) fastify.addContentTypeParser(type, (_request, payload, done) => done(null, payload));
}
