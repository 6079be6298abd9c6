import { type EventServer } from '../inbox/event-server.js';
import { type Bus } from '../kafka/bus.js';
import { type Relay } from '../outbox/relay.js';
import { type EventVerifier } from '../signatures/signatures.js';

interface BusParts {
  bus: Bus;
  server: EventServer;
  relay: Relay;
  /** Undefined where unsigned messages are accepted (demo and test). */
  verifier?: EventVerifier | undefined;
}

/** The parts of the running bus for providers that Nest creates before the bus exists. `runService` connects them before a request can arrive. */
export class BusHandle {
  private parts: BusParts | undefined;

  connect(parts: BusParts): void {
    this.parts = parts;
  }

  get bus(): Bus {
    return this.connected().bus;
  }
  get server(): EventServer {
    return this.connected().server;
  }
  get relay(): Relay {
    return this.connected().relay;
  }
  get verifier(): EventVerifier | undefined {
    return this.connected().verifier;
  }

  private connected(): BusParts {
    if (!this.parts) throw new Error('the bus is not connected yet');
    return this.parts;
  }
}
