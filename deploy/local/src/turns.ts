/** One piece of work per name at a time. Who asks while one is under way waits for a turn; who asks while one waits shares that one. */
export class Turns {
  private readonly last = new Map<string, Promise<void>>();
  private readonly waiting = new Map<string, Promise<void>>();

  take(name: string, work: () => Promise<void>): Promise<void> {
    const waiting = this.waiting.get(name);
    if (waiting) return waiting;
    const before = this.last.get(name)?.catch(() => undefined) ?? Promise.resolve();
    const turn = before.then(() => {
      this.waiting.delete(name);
      return work();
    });
    this.waiting.set(name, turn);
    this.last.set(name, turn);
    return turn;
  }
}
