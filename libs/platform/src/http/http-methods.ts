import { type FastifyReply, type FastifyRequest, type RouteOptions } from 'fastify';

/** The path exists, but not with this method. RFC 9110 requires the `Allow` header, which `MethodTable.answer` sets. */
export class MethodNotAllowed extends Error {
  readonly statusCode = 405;
  readonly code = 'platform/method-not-allowed';
}

/**
 * Knows the methods of each path. Fastify's own router cannot answer that: it finds a route by its pattern, or by method and path together.
 */
export class MethodTable {
  private readonly routes: { segments: string[]; methods: string[] }[] = [];

  add(route: RouteOptions): void {
    this.routes.push({ segments: segmentsOf(route.url), methods: [route.method].flat() });
  }

  /**
   * Answers a request that matches no route. OPTIONS gets 204 and `Allow`.
   * @returns false when the path does not exist.
   * @throws MethodNotAllowed when the path exists with other methods.
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
