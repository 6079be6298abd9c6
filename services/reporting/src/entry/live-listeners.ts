import { Injectable } from '@nestjs/common';
import { type Actor, TooMany } from '@gongdan/kernel';

/** Connections of one caller to the live updates of one replica: a person with several windows needs a few, a loop takes thousands. */
const MOST_PER_CALLER = 10;

@Injectable()
export class LiveListeners {
  private readonly counts = new Map<string, number>();

  /** Counts one connection; the function that is returned gives it back, once. Throws TooMany when the caller has the most already. */
  enter(who: Actor): () => void {
    const caller = JSON.stringify([who.org, who.id]);
    const count = this.counts.get(caller) ?? 0;
    if (count >= MOST_PER_CALLER)
      throw new TooMany('reporting/too-many-listeners', { details: { most: MOST_PER_CALLER, retryAfterS: 60 } });
    this.counts.set(caller, count + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const rest = (this.counts.get(caller) ?? 1) - 1;
      if (rest > 0) this.counts.set(caller, rest);
      else this.counts.delete(caller);
    };
  }
}
