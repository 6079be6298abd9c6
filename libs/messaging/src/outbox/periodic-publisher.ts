import { type Producer } from '@gongdan/contracts';
import { type Database } from '@gongdan/platform';
import { type Bus } from '../kafka/bus.js';
import { Poller } from '../poller.js';
import { type EventSigner } from '../signatures/signatures.js';
import { type Leases } from './leases.js';

export interface PublisherOptions {
  database: Database;
  bus: Bus;
  producer: Producer;
  /** Only the replica that holds the lease of outbox partition 0 publishes: one is enough, because what it publishes covers the whole database. */
  leases: Pick<Leases, 'parts'>;
  signer?: EventSigner | undefined;
  onError?: (error: unknown, failures: number) => void;
}

/** Publishes at regular intervals, on one replica, what a producer states about its own events. */
export abstract class PeriodicPublisher {
  private readonly poller: Poller;

  constructor(
    protected readonly options: PublisherOptions,
    everyMs: number,
  ) {
    this.poller = new Poller({
      turn: async () => ({ ms: options.leases.parts.includes(0) && (await this.publish()) ? 0 : everyMs }),
      onError: (error, failures) => options.onError?.(error, failures),
    });
  }

  /** Publishes once; true when the next publication is due at once. */
  abstract publish(): Promise<boolean>;

  start(): void {
    this.poller.start();
  }

  /** Resolves when the publication under way has ended. */
  stop(): Promise<void> {
    return this.poller.stop();
  }
}
