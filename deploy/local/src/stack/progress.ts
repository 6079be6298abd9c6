/** Prints one line per step; on a terminal, a spinner while the step runs. */
export class Progress {
  private readonly tty = process.stdout.isTTY === true;

  constructor(private readonly quiet = false) {}

  line(text: string): void {
    if (!this.quiet) process.stdout.write(`${text}\n`);
  }

  /** Runs a step. `detail` shows a note beside its name while it runs, and at its end. */
  async step<T>(name: string, work: (detail: (text: string) => void) => Promise<T>): Promise<T> {
    if (this.quiet) return work(() => undefined);
    const start = performance.now();
    let note = '';
    let printedAt = 0;
    const seconds = () => ((performance.now() - start) / 1_000).toFixed(1);
    const frames = ['⠋', '⠙', '⠸', '⠴', '⠦', '⠇'];
    let frame = 0;
    const timer = setInterval(
      () => {
        if (this.tty) process.stdout.write(`\r\u001b[K  ${frames[frame++ % frames.length]} ${name} ${seconds()} s ${note}`);
        else if (performance.now() - start > printedAt + 5_000) {
          printedAt = performance.now() - start;
          process.stdout.write(`  … ${name} ${seconds()} s ${note}\n`);
        }
      },
      this.tty ? 120 : 1_000,
    );
    try {
      const result = await work((text) => (note = text));
      process.stdout.write(`${this.tty ? '\r\u001b[K' : ''}  ✓ ${name} ${`(${seconds()} s)`}${note === '' ? '' : ` ${note}`}\n`);
      return result;
    } catch (error) {
      process.stdout.write(`${this.tty ? '\r\u001b[K' : ''}  ✗ ${name} (${seconds()} s)\n`);
      throw error;
    } finally {
      clearInterval(timer);
    }
  }
}
