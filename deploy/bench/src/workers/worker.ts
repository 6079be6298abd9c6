/** The first message is what to do; the answer goes back as a message. Anything thrown ends the process, which the asker sees. */
export function whenAsked<I>(work: (input: I) => Promise<void>): void {
  process.once('message', (input: I) => {
    work(input).catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
  });
}

export function answer(message: object): void {
  process.send?.(message);
}
