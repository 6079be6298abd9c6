/** What follows `gongdan pack`. */
export interface Verb {
  usage: string;
  about: string;
  /** More lines for `--help`. */
  details?: string;
  run(args: string[]): Promise<void> | void;
}
