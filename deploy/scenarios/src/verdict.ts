/** A step that does not hold: what was expected and what was there. */
export class Difference extends Error {
  constructor(expected: string, got: string) {
    super(`expected ${expected}; got ${got}`);
  }
}

/** The platform has no door for the step yet: the scenario is pending from here on, and `feature` is what it waits for. */
export class NoDoor extends Error {
  constructor(readonly feature: string) {
    super(feature);
  }
}

export interface Failure {
  /** Index of the step from 0; -1 when the organisation could not be prepared. */
  step: number;
  text: string;
  difference: string;
}

export type Verdict =
  { kind: 'passed' } | { kind: 'failed'; failures: Failure[] } | { kind: 'pending'; step: number; needs: string[]; why: string };
