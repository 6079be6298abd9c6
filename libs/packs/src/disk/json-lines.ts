/**
 * The line (from 1) on which the value of an RFC 6901 pointer begins in a JSON text. When the text has no such value, the line of its nearest ancestor.
 * The text must be valid JSON.
 */
export function lineOf(text: string, pointer: string): number {
  const path =
    pointer === ''
      ? []
      : pointer
          .slice(1)
          .split('/')
          .map((p) => p.replaceAll('~1', '/').replaceAll('~0', '~'));
  let at = blanks(text, 0);
  let found = at;
  for (const part of path) {
    const next = childOf(text, at, part);
    if (next === undefined) break;
    found = next.label;
    at = next.value;
  }
  return text.slice(0, found).split('\n').length;
}

function childOf(text: string, at: number, part: string): { label: number; value: number } | undefined {
  const open = text[at];
  if (open !== '{' && open !== '[') return undefined;
  let i = blanks(text, at + 1);
  for (let index = 0; text[i] !== '}' && text[i] !== ']'; index++) {
    const label = i;
    let name = String(index);
    if (open === '{') {
      const end = skip(text, i);
      name = JSON.parse(text.slice(i, end)) as string;
      i = blanks(text, blanks(text, end) + 1);
    }
    if (name === part) return { label, value: i };
    i = blanks(text, skip(text, i));
    if (text[i] === ',') i = blanks(text, i + 1);
  }
  return undefined;
}

/** Index after the value that begins at i. */
function skip(text: string, i: number): number {
  const first = text[i];
  if (first === '"') {
    for (i++; text[i] !== '"'; i++) if (text[i] === '\\') i++;
    return i + 1;
  }
  if (first !== '{' && first !== '[') {
    while (i < text.length && !/[\s,\]}]/.test(text[i] ?? '')) i++;
    return i;
  }
  let depth = 0;
  for (; i < text.length; i++) {
    const c = text[i];
    if (c === '"') i = skip(text, i) - 1;
    else if (c === '{' || c === '[') depth++;
    else if ((c === '}' || c === ']') && --depth === 0) return i + 1;
  }
  return i;
}

function blanks(text: string, i: number): number {
  while (/\s/.test(text[i] ?? '')) i++;
  return i;
}
