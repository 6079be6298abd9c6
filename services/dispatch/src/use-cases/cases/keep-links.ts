import { Injectable } from '@nestjs/common';
import { type Tx } from '@gongdan/platform';
import { type LinkEvent, LinksStore } from '../../store/links.store.js';

/** Remembers which tickets intake has linked, for the conditions of packs (`links.child.open`) and for what is done on linked tickets. */
@Injectable()
export class KeepLinks {
  constructor(private readonly links: LinksStore) {}

  async run(tx: Tx, events: readonly LinkEvent[]): Promise<void> {
    await this.links.keep(tx, events);
  }
}
