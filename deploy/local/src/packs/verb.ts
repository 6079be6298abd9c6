import { parseArgs } from 'node:util';
import { type Speech, type TextKey } from './texts.js';

/** What follows `gongdan pack`. */
export interface Verb {
  usage: string;
  about: TextKey;
  /** More lines for `--help`. */
  details?: TextKey;
  run(args: string[], speech: Speech): Promise<void> | void;
}

type Options = Readonly<Record<string, 'string' | 'boolean'>>;
export interface Parsed<O extends Options> {
  values: { [K in keyof O]?: O[K] extends 'string' ? string : boolean };
  positionals: string[];
}

/** The options and folders of a call; throws with the usage when an option is wrong, or when no folder is named that is needed. */
export function parsed<const O extends Options>(
  { usage }: Verb,
  args: string[],
  speech: Speech,
  options: O,
  needs: 'folder' | 'none' = 'folder',
): Parsed<O> {
  const found = tryParse(usage, args, speech, options);
  if (needs === 'folder' && found.positionals.length === 0) throw new Error(speech.say('pack.folder', { usage }));
  return found;
}

function tryParse<O extends Options>(usage: string, args: string[], speech: Speech, options: O): Parsed<O> {
  try {
    const types = Object.fromEntries(Object.entries(options).map(([key, type]) => [key, { type }]));
    return parseArgs({ args, allowPositionals: true, options: types }) as Parsed<O>;
  } catch (cause) {
    const option = /'(--?[^' ]+)/.exec((cause as Error).message)?.[1] ?? args.join(' ');
    throw new Error(speech.say('pack.option', { option, usage }), { cause });
  }
}
