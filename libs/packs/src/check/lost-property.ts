import { fileURLToPath } from 'node:url';
import { readPackTexts } from '../disk/pack-texts.js';
import { packTexts } from '../files.js';
import { translated } from '../messages/translated.js';
import { describe } from '../mistakes.js';

// For specs: the example pack of docs/packs-howto.md, with something changed.
export const exampleFolder = fileURLToPath(new URL('../../../../docs/packs-howto/lost-property/', import.meta.url));

export const exampleTexts = (): Map<string, string> => packTexts(exampleFolder);

/** The mistakes of the example after each first text was replaced by the second in a file; throws when the file has no such text, or a mistake is told in English only. */
export function mistakesAfter(file: string, ...edits: readonly (readonly [from: string, to: string])[]): string {
  const texts = exampleTexts();
  let text = texts.get(`${file}.yaml`) ?? '';
  for (const [from, to] of edits) {
    if (!text.includes(from)) throw new Error(`${file}.yaml has no text ${from}`);
    text = text.replace(from, () => to);
  }
  const { mistakes } = readPackTexts(texts.set(`${file}.yaml`, text));
  const untold = mistakes.find((m) => translated(m.rule).code === 'other');
  if (untold !== undefined) throw new Error(`libs/packs/src/messages has no Chinese text for: ${untold.rule}`);
  return describe(mistakes);
}
