import { type FastifyReply, type FastifyRequest, type RouteOptions } from 'fastify';

/** The path exists and has no such method. RFC 9110 wants the `Allow` header with it, which `answerMethod` sets. */
export class MethodNotAllowed extends Error {
  readonly statusCode = 405;
  readonly code = 'platform/method-not-allowed';
}

/** Which methods each path has. Fastify's own router is not asked: it finds a route by its pattern, or by method and path together. */
export class MethodTable {
  private readonly routes: { segments: string[]; methods: string[] }[] = [];

  add(route: RouteOptions): void {
    this.routes.push({ segments: segmentsOf(route.url), methods: [route.method].flat() });
  }

  /**
   * Answers a request that matches no route: OPTIONS with 204 and `Allow`.
   * @throws MethodNotAllowed when the path has other methods. Returns false when there is no such path.
   */
  answer(request: FastifyRequest, reply: FastifyReply): boolean {
    const allowed = this.allowedOn(request.raw.url ?? '');
    if (allowed.length === 0) return false;
    reply.header('allow', allowed.join(', '));
    if (request.method !== 'OPTIONS') throw new MethodNotAllowed();
    reply.status(204).send();
    return true;
  }

  private allowedOn(url: string): string[] {
    const path = url.split('?')[0] ?? '';
    const segments = segmentsOf(path);
    const methods = new Set(this.routes.filter((r) => path === '*' || matches(r.segments, segments)).flatMap((r) => r.methods));
    return methods.size === 0 ? [] : [...methods.add('OPTIONS')].sort();
  }
}

const segmentsOf = (path: string): string[] => path.split('/').slice(1);

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  const wild = pattern.at(-1) === '*';
  if (wild ? path.length < pattern.length : path.length !== pattern.length) return false;
  return pattern.every((segment, i) => segment === '*' || (segment.startsWith(':') ? path[i] !== '' : segment === path[i]));
}
