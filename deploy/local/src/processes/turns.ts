/** Runs one piece of work per name at a time. A call during the work waits for it to end; a call while another one waits shares the result of that one. */
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
