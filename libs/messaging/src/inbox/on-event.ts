import { applyDecorators, Catch, type ExceptionFilter, UseFilters } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { type EventOf, type EventType } from '@gongdan/contracts';
import { type Observable, throwError } from 'rxjs';
import { type HandlerContext } from './event-handler.js';

/** Nest's own filter replaces the error by "Internal server error"; the event server needs the original to classify it. */
@Catch()
class Rethrow implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/** Metadata that the decorators attach for the event server. The identity of the object distinguishes methods. */
export interface HandlerMark {
  events: readonly EventType[];
  batch: boolean;
}

type One<T extends EventType> = TypedPropertyDescriptor<(event: EventOf<T>, context: HandlerContext) => Promise<void>>;
type Many<T extends EventType> = TypedPropertyDescriptor<(events: EventOf<T>[], context: HandlerContext) => Promise<void>>;

function handlerDecorator(mark: HandlerMark) {
  // The type is string, because @EventPattern otherwise infers rest arguments as unknown[] (TS1241).
  const pattern = applyDecorators(
    EventPattern<string>(mark.events.map((e) => e.name) as unknown as string, { handlers: mark }),
    UseFilters(Rethrow),
  );
  return (target: object, key: string | symbol, descriptor: PropertyDescriptor): void => {
    // A method is (events, { tx }) without a decorator on each parameter.
    Payload()(target, key, 0);
    Ctx()(target, key, 1);
    pattern(target, key, descriptor);
  };
}

/** The method handles one event at a time, in the transaction of its batch. It may run twice, because a transaction may be rerun. */
export function OnEvent<T extends EventType>(event: T): (target: object, key: string | symbol, descriptor: One<T>) => void {
  return handlerDecorator({ events: [event], batch: false });
}

/** The method handles runs of consecutive events of these names in one call, for bulk SQL. The order within a ticket is kept. */
export function OnEvents<const T extends readonly EventType[]>(
  ...events: T
): (target: object, key: string | symbol, descriptor: Many<T[number]>) => void {
  return handlerDecorator({ events, batch: true });
}
