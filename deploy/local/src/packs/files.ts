import { type Speech } from './texts.js';

/** Does something with a file that the caller named; what fails is told with its name. */
export function withFile<T>(file: string, speech: Speech, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    const key = code === 'ENOENT' ? 'file.none' : code === 'EISDIR' || code === 'ENOTDIR' ? 'file.folder' : 'file.denied';
    throw new Error(speech.say(key, { file, code }), { cause });
  }
}
