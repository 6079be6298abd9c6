/**
 * Sets the wall clock of this test file's process `byMs` ahead (behind, when negative): `Date.now()` and `new Date()` of our code and of every
 * library are shifted, `performance.now()` and the database are not. Returns the function that undoes it.
 */
export function skewWallClock(byMs: number): () => void {
  const TrueDate = globalThis.Date;
  class SkewedDate extends TrueDate {
    constructor(...args: unknown[]) {
      if (args.length === 0) super(TrueDate.now() + byMs);
      else super(...(args as [number]));
    }
    static override now(): number {
      return TrueDate.now() + byMs;
    }
  }
  globalThis.Date = SkewedDate as DateConstructor;
  return () => {
    globalThis.Date = TrueDate;
  };
}
