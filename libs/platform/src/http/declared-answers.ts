import { HttpStatus, Injectable, type OnModuleInit, RequestMethod } from '@nestjs/common';
import { HTTP_CODE_METADATA, METHOD_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService } from '@nestjs/core';
import { z } from 'zod';
import { answersOf, type DeclaredAnswer } from './answers.js';
import { routesOf } from './routes.js';

/**
 * Stops the boot when a route declares no success answer, or none with the status it sends (201 of a POST without `@HttpCode`): a contract
 * that lacks the answer, or says of a body only that it is there, is found by the author, not by a client.
 */
@Injectable()
export class DeclaredAnswers implements OnModuleInit {
  constructor(private readonly discovery: DiscoveryService) {}

  onModuleInit(): void {
    const mistakes: string[] = [];
    for (const { controller, method, handler } of routesOf(this.discovery)) {
      const status = successOf(handler);
      const answer = answersOf(handler).find((a) => a.status === status);
      if (answer === undefined || !hasShape(answer)) mistakes.push(`${controller.name}.${method} (${status})`);
    }
    if (mistakes.length > 0)
      throw new Error(`these routes declare no answer, or one without a shape, with the status they send: ${mistakes.join(', ')}`);
  }
}

/** An answer without a body is one of a status that has none. `z.unknown()` is no shape. */
function hasShape({ status, schema }: DeclaredAnswer): boolean {
  if (schema === undefined) return status === HttpStatus.ACCEPTED || status === HttpStatus.NO_CONTENT;
  return !(schema instanceof z.ZodUnknown || schema instanceof z.ZodAny);
}

/** The status Nest sends when the method returns. */
function successOf(method: object): number {
  const set = Reflect.getMetadata(HTTP_CODE_METADATA, method) as number | undefined;
  const isPost = Reflect.getMetadata(METHOD_METADATA, method) === RequestMethod.POST;
  return set ?? (isPost ? HttpStatus.CREATED : HttpStatus.OK);
}
