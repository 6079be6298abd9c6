import { type DynamicModule } from '@nestjs/common';
import { BusController } from './operations/bus.controller.js';
import { BusHandle } from './operations/bus-link.js';
import { Watermarks } from './inbox/watermarks.js';
import { Outbox } from './outbox/outbox.js';

/** Gives every service its outbox, the watermarks of other producers and the operator's routes. */
export class MessagingModule {
  static for(outbox: Outbox, link: BusHandle, watermarks: Watermarks): DynamicModule {
    return {
      module: MessagingModule,
      global: true,
      controllers: [BusController],
      providers: [
        { provide: Outbox, useValue: outbox },
        { provide: BusHandle, useValue: link },
        { provide: Watermarks, useValue: watermarks },
      ],
      exports: [Outbox, BusHandle, Watermarks],
    };
  }
}
