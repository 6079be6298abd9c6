import { type DynamicModule } from '@nestjs/common';
import { BusController } from './operations/bus.controller.js';
import { BusHandle } from './operations/bus-link.js';
import { Outbox } from './outbox/outbox.js';

/** Gives every service its outbox and the operator's doors. */
export class MessagingModule {
  static for(outbox: Outbox, link: BusHandle): DynamicModule {
    return {
      module: MessagingModule,
      global: true,
      controllers: [BusController],
      providers: [
        { provide: Outbox, useValue: outbox },
        { provide: BusHandle, useValue: link },
      ],
      exports: [Outbox, BusHandle],
    };
  }
}
