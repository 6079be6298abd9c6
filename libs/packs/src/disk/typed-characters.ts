import { CST } from 'yaml';

/** A character that a Chinese keyboard, or a tab key, put where YAML needs another one. */
export interface TypedCharacter {
  rule: string;
  line: number;
  column: number;
  /** Where the text begins that may be meant as it is: it is a mistake only when there is one at this column, or the line is no YAML. Absent: it is one anyway. */
  textAt?: number;
}

const KEY = /^([A-Za-z][\w.-]*)：/;
const NEXT_KEY = /，\s*[A-Za-z][\w.-]*$/;
const WORDS = /^[\w.-]+，\s*[\w.-]+/;
const BRACKETS: Readonly<Record<string, string>> = { '｛': '{', '｝': '}', '［': '[', '］': ']', '【': '[', '】': ']', '“': '"', '”': '"', '‘': "'", '’': "'", '＂': '"', '＇': "'", '＃': '#', '－': '-' }; // prettier-ignore

/**
 * Full-width colons, commas, quotes and brackets, and tabs that indent, at places where they are part of the syntax and not of a text. YAML reads them as letters, and one of them makes
 * twenty mistakes elsewhere.
 */
export function typedCharacters(tokens: readonly string[]): TypedCharacter[] {
  const found: TypedCharacter[] = [];
  let [line, column, flow, scalar, block] = [1, 1, 0, false, false];
  let before = 'newline';
  const add = (at: number, certain: boolean, rule: string): void =>
    void found.push({ rule, line, column: column + at, ...(certain ? {} : { textAt: column }) });
  for (const token of tokens) {
    const type = scalar ? 'scalar' : CST.tokenType(token);
    if (!scalar && (type === 'scalar' || type === 'doc-mode' || type === 'flow-error-end')) {
      scalar = type === 'scalar';
      continue;
    }
    scalar = false;
    if (type === 'space' && column === 1 && token.includes('\t'))
      add(token.indexOf('\t'), true, 'a tab stands here; indent with blanks, two for each level');
    if (type === 'scalar' && !block) plain(token, before, flow > 0, add);
    if (type === 'block-scalar-header') block = true;
    else if (type !== 'space' && type !== 'comment' && type !== 'newline') {
      block = false;
      before = type ?? '';
    }
    if (type === 'newline' && !block) before = before === 'map-value-ind' || before === 'scalar' ? before : 'newline';
    if (type === 'flow-map-start' || type === 'flow-seq-start') flow += 1;
    if (type === 'flow-map-end' || type === 'flow-seq-end') flow = Math.max(0, flow - 1);
    const end = token.lastIndexOf('\n');
    if (end >= 0) {
      line += token.split('\n').length - 1;
      column = token.length - end;
    } else column += token.length;
  }
  return found;
}

function plain(text: string, before: string, inFlow: boolean, add: (at: number, certain: boolean, rule: string) => void): void {
  const isValue = before === 'map-value-ind';
  const key = isValue ? undefined : KEY.exec(text)?.[1];
  if (key !== undefined) add(key.length, true, `： is a full-width colon; write ${key}: with an ordinary colon and a blank`);
  // The lines of a text that goes on are one token.
  for (const [i, part] of text.split('\n').entries()) {
    const next = i === 0 ? undefined : KEY.exec(part.trim())?.[1];
    if (next !== undefined)
      add(0, true, `： in one of the next lines is a full-width colon; write ${next}: with an ordinary colon and a blank`);
  }
  const comma = inFlow ? (NEXT_KEY.exec(text)?.index ?? (WORDS.test(text) ? text.indexOf('，') : -1)) : -1;
  if (comma >= 0) add(comma, true, '， is a full-width comma; write an ordinary comma and a blank');
  for (const at of new Set([0, text.length - 1])) {
    const typed = text[at] ?? '';
    const ordinary = at === 0 || /[”’｝］】]/.test(typed) ? BRACKETS[typed] : undefined;
    if (ordinary !== undefined) add(at, false, `${typed} is a full-width character; write ${ordinary}`);
  }
  if (text.startsWith('\u3000')) add(0, true, 'a full-width blank stands here; write ordinary blanks');
}
