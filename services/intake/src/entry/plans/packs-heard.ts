import { Inject, Injectable } from '@nestjs/common';
import { PACKS } from '@gongdan/contracts';
import { BusHandle } from '@gongdan/messaging';
import { CONFIG, logger } from '@gongdan/platform';
import { type IntakeConfig } from '../../config.js';

const log = logger('plans');

/**
 * Whether every published pack has been heard. After an outage the plans of a version that was replaced meanwhile would otherwise register what its
 * successor has moved or removed. Without an answer of the broker plans wait for a limited time only: their work is due.
 */
@Injectable()
export class PacksHeard {
  private waitsSince: number | undefined;

  constructor(
    private readonly link: BusHandle,
    @Inject(CONFIG) private readonly config: IntakeConfig,
  ) {}

  async mayFire(): Promise<boolean> {
    if (await this.areHeard()) {
      this.waitsSince = undefined;
      return true;
    }
    this.waitsSince ??= performance.now();
    const isOver = performance.now() - this.waitsSince >= this.config.plansUnheardWaitMs;
    if (isOver) log.warn('plans go on although not every published pack has been heard');
    return isOver;
  }

  private async areHeard(): Promise<boolean> {
    try {
      const { bus, server } = this.link;
      return (await bus.lag(`gongdan-${server.self}`, [PACKS.name])).every(({ lag }) => lag === 0);
    } catch {
      return false;
    }
  }
}
