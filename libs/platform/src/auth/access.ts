import { type RightName } from './rights.js';

const RIGHT = 'gongdan:right';
const PUBLIC = 'gongdan:public';

/** The right a caller needs to use the route, or any route of the class. A route that declares neither Right nor Public stops the boot. */
export const Right = (right: RightName) => declareAccess(RIGHT, right);
/** The route, or any route of the class, needs no token. The reason is for the reviewer. */
export const Public = (why: string) => declareAccess(PUBLIC, why);

/**
 * On a class it declares the access of those of its own methods that declare none. It writes to the methods, because the hook that checks rights
 * before the body is read (http-server.ts) gets the metadata of the method only.
 */
function declareAccess(key: string, value: string): MethodDecorator & ClassDecorator {
  const declare = (method: unknown): void => Reflect.defineMetadata(key, value, method as object);
  return (target: object, _name?: string | symbol, descriptor?: PropertyDescriptor): void => {
    if (descriptor !== undefined) return declare(descriptor.value);
    const { constructor: _, ...methods } = Object.getOwnPropertyDescriptors((target as { prototype: object }).prototype) as Record<
      string,
      PropertyDescriptor
    >;
    for (const { value: method } of Object.values(methods))
      if (typeof method === 'function' && accessOf(method as object) === undefined) declare(method);
  };
}

export type Access = { right: RightName } | { public: string };

/** The access that the method of a route declares, itself or through its class. */
export function accessOf(method: object): Access | undefined {
  const right = Reflect.getMetadata(RIGHT, method) as RightName | undefined;
  if (right !== undefined) return { right };
  const why = Reflect.getMetadata(PUBLIC, method) as string | undefined;
  return why === undefined ? undefined : { public: why };
}
