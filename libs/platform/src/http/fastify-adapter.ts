import { type FastifyAdapter } from '@nestjs/platform-fastify';

type Handler = (...args: never[]) => unknown;
interface Wrapping {
  requireNonEmptyParams(url: unknown, handler: Handler): Handler;
}

/**
 * Lets `onRoute` hooks see what every controller's method declares (`@Right`, `@Sse`, `@Answers`). Nest copies that to the
 * handler it gives Fastify; for a path with a parameter, @nestjs/platform-fastify 12.0 wraps the handler once more without the
 * metadata. With the plain adapter such a route would read a whole body before it checks the token.
 */
export function keepMetadata(adapter: FastifyAdapter): FastifyAdapter {
  const wrapping = adapter as unknown as Wrapping;
  const wrap = wrapping.requireNonEmptyParams.bind(adapter);
  wrapping.requireNonEmptyParams = (url, handler) => {
    const wrapped = wrap(url, handler);
    if (wrapped !== handler)
      for (const key of Reflect.getMetadataKeys(handler) as string[])
        Reflect.defineMetadata(key, Reflect.getMetadata(key, handler) as unknown, wrapped);
    return wrapped;
  };
  return adapter;
}
