/** A sleep that a nudge ends. A nudge that comes while awake is kept for the next sleep. */
export class Wakeable {
  private wake: (() => void) | undefined;
  private deaf = false;
  private pending = false;
  private ended = false;

  now(): void {
    if (this.wake && !this.deaf) this.wake();
    else this.pending = true;
  }

  /** Ends this sleep and every later one at once. */
  end(): void {
    this.ended = true;
    this.wake?.();
  }

  /** `deaf`: backing off, a nudge must not shorten it. */
  async sleep(ms: number, deaf = false): Promise<void> {
    if (this.ended) return;
    if (this.pending && !deaf) {
      this.pending = false;
      return;
    }
    this.deaf = deaf;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = undefined;
    if (!deaf) this.pending = false;
  }
}
