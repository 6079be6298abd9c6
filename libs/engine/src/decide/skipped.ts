/** A reaction, or the effects of the start, that did not run, to be counted. */
export interface Skipped {
  reaction: string;
  why: 'condition' | 'limit' | 'depth' | 'over' | 'refused';
  /** Code of the refusal. */
  code?: string;
}
