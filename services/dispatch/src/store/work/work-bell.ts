import { Injectable } from '@nestjs/common';
import { type Tx } from '@gongdan/platform';

/** Tells the jobs of this process that rows wait for them. What another replica wrote they find at their next turn. */
@Injectable()
export class WorkBell {
  private readonly listeners: (() => void)[] = [];

  onRing(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** When the transaction has committed. */
  ringAfter(tx: Tx): void {
    tx.afterCommit(() => this.listeners.forEach((listener) => listener()));
  }
}
