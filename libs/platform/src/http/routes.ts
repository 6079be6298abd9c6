import { type Type } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { type DiscoveryService, MetadataScanner } from '@nestjs/core';

/** A method of a controller that answers HTTP requests. */
export interface Route {
  controller: Type;
  method: string;
  handler: object;
}

/** Every HTTP route of the application. Methods without a route, as handlers of events, are left out. */
export function routesOf(discovery: DiscoveryService): Route[] {
  const scanner = new MetadataScanner();
  const routes: Route[] = [];
  for (const { instance, metatype } of discovery.getControllers()) {
    if (!instance || !metatype) continue;
    const prototype = Object.getPrototypeOf(instance) as Record<string, unknown>;
    for (const method of scanner.getAllMethodNames(prototype)) {
      const handler = prototype[method];
      if (typeof handler === 'function' && Reflect.getMetadata(PATH_METADATA, handler) !== undefined)
        routes.push({ controller: metatype as Type, method, handler });
    }
  }
  return routes;
}
