import { Invalid } from '@gongdan/kernel';
import { LONGEST_CELL, type WorkbookLimits } from './workbook-limits.js';
import { parseXml, unescapeText } from './xml.js';

/** The texts that cells refer to by index. A text of several runs (rich text) is one; furigana (`rPh`) does not belong to it. */
export async function readSharedStrings(pieces: AsyncIterable<string>, limits: WorkbookLimits): Promise<string[]> {
  const strings: string[] = [];
  let characters = 0;
  let text = '';
  let inText = false;
  let inPhonetic = false;
  const parsing = parseXml(pieces, {
    open: (name) => {
      if (name === 'si') text = '';
      else if (name === 'rPh') inPhonetic = true;
      else if (name === 't') inText = !inPhonetic;
    },
    text: (part) => {
      if (!inText) return;
      text += part;
      characters += part.length;
      if (text.length > LONGEST_CELL || characters > limits.sharedCharacters)
        throw tooHeavy(
          `more than ${text.length > LONGEST_CELL ? `${LONGEST_CELL} characters in a cell` : `${limits.sharedCharacters} characters`}`,
        );
    },
    close: (name) => {
      if (name === 't') inText = false;
      else if (name === 'rPh') inPhonetic = false;
      else if (name === 'si') {
        strings.push(unescapeText(text));
        if (strings.length > limits.sharedStrings) throw tooHeavy(`more than ${limits.sharedStrings} different texts`);
      }
    },
  });
  for await (const _ of parsing);
  return strings;
}

export function tooHeavy(what: string): Invalid {
  return new Invalid('intake/file-too-heavy', {}, `the workbook has ${what}`);
}
