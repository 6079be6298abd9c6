/** A step that does not hold: what was wanted and what was there. */
export class Difference extends Error {}

/** The platform has no door for the step yet: the scenario is pending from here on. */
export class NoDoor extends Error {}

export interface Failure {
  step: number;
  text: string;
  difference: string;
}

export type Verdict =
  { kind: 'passed' } | { kind: 'failed'; failures: Failure[] } | { kind: 'pending'; step: number; needs: string[]; why: string };
