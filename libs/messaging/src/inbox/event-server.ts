import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { type EventEnvelope, type Producer, REPUBLISH, topicOf } from '@gongdan/contracts';
import { backoffMs, type Database } from '@gongdan/platform';
import { isObservable, lastValueFrom } from 'rxjs';
import { type Bus, type BusMessage, type Subscription } from '../kafka/bus.js';
import { Consumer, type ConsumerOptions } from './consumer.js';
import { type HandlerContext, type EventHandler } from './event-handler.js';
import { type HandlerMark } from './on-event.js';
import { republishStretch } from '../operations/republish.js';

export interface EventServerOptions extends Omit<ConsumerOptions, 'handlers'> {
  bus: Bus;
  database: Database;
  self: Producer;
  onFatal: (error: Error) => void;
  onWarning: (message: string, error: unknown) => void;
}

/**
 * A Nest transport for events. It dispatches by event name to @OnEvent and @OnEvents methods, one batch per transaction. Nest's own Kafka
 * transport routes by topic, handles one message at a time and hides the error (docs/adr/0001).
 */
export class EventServer extends Server implements CustomTransportStrategy {
  override transportId = Symbol('gongdan-bus');
  private readonly handlers = new Map<string, EventHandler>();
  readonly consumer: Consumer;
  private subscription: Subscription | undefined;
  private stopped = false;
  private joining: Promise<void> | undefined;

  constructor(private readonly bound: EventServerOptions) {
    super();
    this.consumer = new Consumer({ ...bound, handlers: this.handlers });
  }

  get self(): Producer {
    return this.bound.self;
  }

  /** Topics of the handled events, and the topic of requests to publish again. */
  get topics(): string[] {
    return [...new Set([...this.handlers.keys()].map((name) => topicOf(name).name)), REPUBLISH.name];
  }

  /** Names of the events that have a handler. */
  get handledEvents(): string[] {
    return [...this.handlers.keys()].sort();
  }

  joined(): boolean {
    return this.subscription?.joined() ?? false;
  }

  listen(callback: (error?: unknown) => void): void {
    for (const [name, handler] of this.messageHandlers) {
      const mark = handler.extras?.['handlers'] as HandlerMark | undefined;
      const event = mark?.events.find((e) => e.name === name);
      if (!mark || !event) continue;
      this.handlers.set(name, {
        event,
        batch: mark.batch,
        method: mark,
        call: async (events: EventEnvelope | EventEnvelope[], context: HandlerContext) => {
          const out: unknown = await handler(events, context);
          if (isObservable(out)) await lastValueFrom(out, { defaultValue: undefined });
        },
      });
    }
    // HTTP must not wait for the broker: intake accepts requests while it is unavailable.
    this.joining = this.join();
    callback();
  }

  private async join(): Promise<void> {
    for (let failures = 1; !this.stopped; failures++) {
      try {
        const subscription = await this.bound.bus.subscribe(`gongdan-${this.bound.self}`, {
          topics: this.topics,
          onBatch: async (messages, heartbeat) => {
            await this.consumer.apply(
              messages.filter((m) => m.topic !== REPUBLISH.name),
              heartbeat,
            );
            for (const m of messages) if (m.topic === REPUBLISH.name) await this.republish(m);
          },
          onFatal: this.bound.onFatal,
        });
        this.subscription = subscription;
        if (this.stopped) await subscription.stop();
        return;
      } catch (error) {
        this.bound.onWarning('cannot join the bus yet', error);
        await new Promise((wake) => setTimeout(wake, backoffMs(failures)));
      }
    }
  }

  // A request moves no data, but it makes a producer publish up to 10,000 events: only requests of our own services are accepted.
  private async republish(m: BusMessage): Promise<void> {
    const from = /^\/gongdan\/([a-z]+)$/.exec(m.headers['ce_source'] ?? '')?.[1] ?? '';
    const distrust = this.bound.verifier?.distrust(m.topic, from, m);
    if (distrust) await this.consumer.parkUnproven(m, distrust);
    else await republishStretch(this.bound.database, this.bound.self, jsonOf(m.value));
  }

  async close(): Promise<void> {
    this.stopped = true;
    await this.subscription?.stop();
    await this.joining;
  }

  on(): never {
    throw new Error('the event server has no events of its own');
  }

  unwrap<T>(): T {
    return this.bound.bus as T;
  }
}

function jsonOf(value: Buffer | null): unknown {
  try {
    return JSON.parse(value?.toString('utf8') ?? 'null');
  } catch {
    return undefined;
  }
}
