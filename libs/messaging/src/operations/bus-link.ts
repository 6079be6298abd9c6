import { type Bus } from '../kafka/bus.js';
import { type EventServer } from '../inbox/event-server.js';
import { type Relay } from '../outbox/relay.js';

/** What ops doors need of the running bus; filled once by runService before any request can come. */
export class BusHandle {
  private parts: { bus: Bus; server: EventServer; relay: Relay } | undefined;

  connect(parts: { bus: Bus; server: EventServer; relay: Relay }): void {
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

  private connected(): { bus: Bus; server: EventServer; relay: Relay } {
    if (!this.parts) throw new Error('the bus is not connected yet');
    return this.parts;
  }
}
