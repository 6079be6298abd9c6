// The parts of a stack have process groups of their own: without a handler a signal would end only the script that started them.
/** Runs `clean` at the first signal, once, and exits. */
export function onSignal(clean, code = 1) {
  let leaving;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      leaving ??= clean()
        .catch((error) => console.error(error))
        .finally(() => process.exit(code));
    });
  }
  // After a SIGHUP there is no terminal left to write to.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}
