import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { accessOf } from '../auth/access.js';

/** What a route declares about one of its answers. The OpenAPI document and the check of test mode read it. */
export interface DeclaredAnswer {
  status: number;
  description: string;
  /** Absent where the answer has no body. */
  contentType?: string;
  /** The shape of a JSON body, of the text of another body, or of the data of one server-sent event. */
  schema?: z.ZodType;
  /** Another content type in which the answer is sent as text when the caller asks for it. */
  orText?: string;
  /** Header name to its meaning. */
  headers: Readonly<Record<string, string>>;
}

export interface AnswerOptions {
  /**
   * Headers this answer may carry beyond those of every answer, with their meaning: `{ etag: 'Version of the case' }`. A success answer
   * always carries a declared `etag` or `location`; other headers may be absent.
   */
  headers?: Record<string, string>;
  /** Content type of the text that is sent instead of JSON when the caller asks for it: `text/csv`. */
  orText?: string;
}

const ANSWERS = 'gongdan:answers';
const PROBLEMS = 'gongdan:problems';

function declareAnswer(answer: DeclaredAnswer): MethodDecorator {
  return (_target, _name, descriptor: PropertyDescriptor) => {
    const handler = descriptor.value as object;
    // Decorators run from the bottom up; the document keeps the order of the source.
    Reflect.defineMetadata(ANSWERS, [answer, ...answersOf(handler)], handler);
  };
}

/**
 * Declares one JSON answer of a route. Use it once per status. The schema describes the body that is sent, so it has no transforms; test mode
 * compares each real answer with it, unknown properties included. Examples come from the schema's `.meta({ examples })`.
 */
export function Answers(status: number, schema: z.ZodType, description: string, options: AnswerOptions = {}): MethodDecorator {
  return declareAnswer({
    status,
    schema,
    description,
    contentType: 'application/json',
    headers: options.headers ?? {},
    ...(options.orText === undefined ? {} : { orText: options.orText }),
  });
}

/** Declares an answer without a body, as of a 204. */
export function AnswersEmpty(status: number, description: string, options: AnswerOptions = {}): MethodDecorator {
  return declareAnswer({ status, description, headers: options.headers ?? {} });
}

/** Declares an answer that is no JSON: CSV, a metrics page. `contentType` is without parameters: `text/csv`. */
export function AnswersText(status: number, contentType: string, description: string, options: AnswerOptions = {}): MethodDecorator {
  return declareAnswer({ status, schema: z.string(), description, contentType, headers: options.headers ?? {} });
}

/** Declares a stream of server-sent events, whose `data` has the shape of `schema`. */
export function AnswersEvents(schema: z.ZodType, description: string, options: AnswerOptions = {}): MethodDecorator {
  return declareAnswer({ status: 200, schema, description, contentType: 'text/event-stream', headers: options.headers ?? {} });
}

/**
 * Declares the codes of the problems that are the route's own, by status: `@Problems({ 409: ['dispatch/stale-version'] })`. The problems that every route
 * with a token, a parameter or a body can answer (`automaticProblems`) is declared for it.
 */
export function Problems(codes: Readonly<Record<number, readonly string[]>>): MethodDecorator {
  return (_target, _name, descriptor: PropertyDescriptor) => {
    const handler = descriptor.value as object;
    const all = new Map(Object.entries(problemsOf(handler)));
    for (const [status, more] of Object.entries(codes)) all.set(status, [...(all.get(status) ?? []), ...more]);
    Reflect.defineMetadata(PROBLEMS, Object.fromEntries(all), handler);
  };
}

export function answersOf(handler: object): readonly DeclaredAnswer[] {
  return (Reflect.getMetadata(ANSWERS, handler) as DeclaredAnswer[] | undefined) ?? [];
}

export function problemsOf(handler: object): Readonly<Record<string, readonly string[]>> {
  return (Reflect.getMetadata(PROBLEMS, handler) as Record<string, readonly string[]> | undefined) ?? {};
}

/** What decides which problems a route answers with by itself. */
export interface RouteShape {
  /** The route requires a token. */
  token: boolean;
  /** The path has parameters. */
  parameters: boolean;
  /** The method carries a body. */
  body: boolean;
}

/** Statuses of problems that come from the platform, not from the route: they need no `@Problems`. */
export function automaticProblems({ token, parameters, body }: RouteShape): number[] {
  return [
    // A request that cannot be read, or that does not fit its schema; the HTTP parser alone can answer so on every route.
    400,
    ...(token ? [401, 403] : []),
    ...(parameters ? [404] : []),
    ...(body ? [408, 413, 415] : []),
    429,
    500,
    503,
  ];
}

/** The shape of a route as Fastify registers it; `handler` carries the metadata of the controller's method. */
export function routeShape(handler: object, path: string, method: string): RouteShape {
  const access = accessOf(handler);
  return {
    token: !(access && 'public' in access),
    parameters: /[:{]\w/.test(path),
    body: ['POST', 'PUT', 'PATCH'].includes(method.toUpperCase()),
  };
}

/** An answer as it is about to be sent. */
export interface LeavingAnswer {
  status: number;
  headers: Readonly<Record<string, unknown>>;
  /** Undefined where the body is a stream. */
  body: string | undefined;
}

/** Headers that belong to one route; the others are on every answer. */
const OWN_HEADERS = ['etag', 'location', 'idempotency-replayed', 'content-disposition', 'link'];

/** How one answer of a route differs from its declarations; undefined when it is as declared. */
export function undeclared(
  answers: readonly DeclaredAnswer[],
  problems: Readonly<Record<string, readonly string[]>>,
  shape: RouteShape,
  answer: LeavingAnswer,
): string | undefined {
  const contentType = String(answer.headers['content-type'] ?? '').split(';')[0];
  if (contentType === 'application/problem+json') {
    const codes = Object.hasOwn(problems, answer.status) ? problems[answer.status] : undefined;
    if (codes === undefined)
      return automaticProblems(shape).includes(answer.status) ? undefined : `the problem status ${answer.status} is not declared`;
    const code = String((JSON.parse(answer.body ?? '{}') as Record<string, unknown>)['code']);
    // Where a route lists codes, the list is whole but for those that every route can answer.
    return code.startsWith('platform/') || codes.includes(code) ? undefined : `the problem code ${code} is not declared`;
  }
  const declared = answers.find((a) => a.status === answer.status);
  if (!declared) return `the status ${answer.status} is not declared`;
  for (const name of OWN_HEADERS) {
    const sent = answer.headers[name] !== undefined;
    const inDeclaration = Object.keys(declared.headers).some((h) => h.toLowerCase() === name);
    if (sent && !inDeclaration) return `the header ${name} is not declared`;
    if (inDeclaration && !sent && ['etag', 'location'].includes(name)) return `the declared header ${name} is missing`;
  }
  if (declared.contentType === undefined) return answer.body ? 'a body is sent where none is declared' : undefined;
  if (contentType === declared.orText) return undefined;
  if (contentType !== declared.contentType) return `the content type is ${contentType}, declared is ${declared.contentType}`;
  if (declared.contentType !== 'application/json' || declared.schema === undefined || answer.body === undefined) return undefined;
  return unlike(declared.schema, JSON.parse(answer.body));
}

function unlike(schema: z.ZodType, value: unknown): string | undefined {
  const parsed = schema.safeParse(value);
  if (!parsed.success) return parsed.error.issues.map((i) => `/${i.path.join('/')}: ${i.message}`).join('; ');
  // An object schema drops what it does not know, and a default adds what is missing: both make another value.
  return isDeepStrictEqual(parsed.data, value) ? undefined : `not as declared: ${difference(parsed.data, value)}`;
}

/** Where two JSON values differ first. */
function difference(declared: unknown, sent: unknown, at = ''): string {
  if (!isObject(declared) || !isObject(sent)) return `${at || '/'}`;
  for (const key of new Set([...Object.keys(sent), ...Object.keys(declared)])) {
    if (!Object.hasOwn(declared, key)) return `${at}/${key} is an undeclared property`;
    if (!Object.hasOwn(sent, key)) return `${at}/${key} is missing`;
    if (!isDeepStrictEqual(declared[key], sent[key])) return difference(declared[key], sent[key], `${at}/${key}`);
  }
  return at || '/';
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
