/** The time of the product, which the run moves. Nobody acts while it moves, so that each request lies on one side. */
export class ProductClock {
  private offsetMs = 0;
  private open: Promise<void> | undefined;
  private acting = 0;

  now(): number {
    return Date.now() + this.offsetMs;
  }

  iso(inMs = 0): string {
    return new Date(this.now() + inMs).toISOString();
  }

  /** Does something that needs the time to stand still but for its own pace. */
  async during<T>(act: () => Promise<T>): Promise<T> {
    while (this.open !== undefined) await this.open;
    this.acting += 1;
    try {
      return await act();
    } finally {
      this.acting -= 1;
    }
  }

  /** `urls`: of each process, because one learns the offset of another replica only after seconds. */
  async forward(ms: number, urls: readonly string[], token: string): Promise<void> {
    let reopen: () => void = () => undefined;
    this.open = new Promise((resolve) => (reopen = resolve));
    const pause = (wait: number): Promise<void> => new Promise((wake) => setTimeout(wake, wait));
    while (this.acting > 0) await pause(50);
    // Requests whose answer was lost are over by then.
    await pause(500);
    const offsetMs = this.offsetMs + ms;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    for (const url of urls) {
      const { status } = await fetch(new URL('/v1/clock', url), { method: 'PUT', headers, body: JSON.stringify({ offsetMs }) });
      if (status !== 200) throw new Error(`the clock of ${url} answered ${status}`);
    }
    this.offsetMs = offsetMs;
    this.open = undefined;
    reopen();
  }
}
