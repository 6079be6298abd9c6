import { applyDecorators, Catch, type ExceptionFilter, UseFilters } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { type EventOf, type EventType } from '@gongdan/contracts';
import { type Observable, throwError } from 'rxjs';
import { type HandlerContext } from './event-handler.js';

/** Nest's own filter replaces the error by "Internal server error"; the event server must see the original to judge it. */
@Catch()
class Rethrow implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/** What the decorators leave for the event server; the object's identity tells methods apart. */
export interface HandlerMark {
  events: readonly EventType[];
  batch: boolean;
}

type One<T extends EventType> = TypedPropertyDescriptor<(event: EventOf<T>, context: HandlerContext) => Promise<void>>;
type Many<T extends EventType> = TypedPropertyDescriptor<(events: EventOf<T>[], context: HandlerContext) => Promise<void>>;

function hear(mark: HandlerMark) {
  // Typed as string: @EventPattern infers rest arguments as unknown[] otherwise (TS1241).
  const door = applyDecorators(
    EventPattern<string>(mark.events.map((e) => e.name) as unknown as string, { handlers: mark }),
    UseFilters(Rethrow),
  );
  return (target: object, key: string | symbol, descriptor: PropertyDescriptor): void => {
    // So that a method is (events, { tx }) without a decorator on each parameter.
    Payload()(target, key, 0);
    Ctx()(target, key, 1);
    door(target, key, descriptor);
  };
}

/** Hears one event at a time, in the transaction of its batch. May run twice; must be one line. */
export function OnEvent<T extends EventType>(event: T): (target: object, key: string | symbol, descriptor: One<T>) => void {
  return hear({ events: [event], batch: false });
}

/** Hears runs of consecutive events of these kinds in one call: for bulk SQL. Order within a ticket is kept. */
export function OnEvents<const T extends readonly EventType[]>(
  ...events: T
): (target: object, key: string | symbol, descriptor: Many<T[number]>) => void {
  return hear({ events, batch: true });
}
