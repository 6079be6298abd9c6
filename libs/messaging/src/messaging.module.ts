import { type DynamicModule } from '@nestjs/common';
import { BusController } from './bus.controller.js';
import { BusLink } from './bus-link.js';
import { Outbox } from './outbox.js';

/** Gives every service its outbox and the operator's doors. */
export class MessagingModule {
  static for(outbox: Outbox, link: BusLink): DynamicModule {
    return {
      module: MessagingModule,
      global: true,
      controllers: [BusController],
      providers: [
        { provide: Outbox, useValue: outbox },
        { provide: BusLink, useValue: link },
      ],
      exports: [Outbox, BusLink],
    };
  }
}
