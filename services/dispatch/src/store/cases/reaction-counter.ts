import { Injectable } from '@nestjs/common';
import { type Skipped } from '@gongdan/engine';
import { Metrics } from '@gongdan/platform';

/** Counts the reactions of packs that an event asked for and that did not run; docs/metrics.md describes it. */
@Injectable()
export class ReactionCounter {
  private readonly reactions;

  constructor(metrics: Metrics) {
    this.reactions = metrics.counter('gongdan_reactions_skipped_total', 'Reactions of packs that did not run', ['why']);
  }

  /** A condition that does not hold is the rule and is not counted. */
  skipped(all: readonly Skipped[]): void {
    for (const { why } of all) if (why !== 'condition') this.reactions.inc({ why });
  }
}
