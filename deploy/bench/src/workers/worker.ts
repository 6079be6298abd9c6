/** Runs `work` with the first message from the parent process. An error ends the process with code 1, which rejects the promise of the parent. */
export function onInput<I>(work: (input: I) => Promise<void>): void {
  process.once('message', (input: I) => {
    work(input).catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
  });
}

/** Sends a result to the parent process. */
export function reply(message: object): void {
  process.send?.(message);
}
