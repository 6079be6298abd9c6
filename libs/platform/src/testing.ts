/**
 * Polls until `check` stops throwing, and returns its value; after `withinMs` it throws the last error. Tests use it instead of a sleep to wait
 * for an effect of the bus. The bound ends a test that would hang: only a machine that is far too slow reaches it otherwise.
 */
export async function eventually<T>(check: () => T | Promise<T>, withinMs = 60_000): Promise<T> {
  const until = performance.now() + withinMs;
  for (let wait = 5; ; wait = Math.min(wait * 1.5, 200)) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > until) throw error;
    }
    await new Promise((wake) => setTimeout(wake, wait));
  }
}
