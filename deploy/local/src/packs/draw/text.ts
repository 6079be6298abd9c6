/** Width in em of a text in a sans-serif font: an ideograph is one em wide; Latin letters by their kind. The SVG must not depend on the fonts of the machine that draws it. */
export function widthOf(text: string): number {
  let em = 0;
  for (const c of text) em += widthOfChar(c);
  return em;
}

function widthOfChar(c: string): number {
  if (/[\p{Script=Han}\u3000-\u303f\uff00-\uff60\u2018-\u201f\u2026\u2460-\u24ff]/u.test(c)) return 1;
  if (/[ijl.,:;'|!()[\]]/.test(c)) return 0.3;
  if (/[frt /-]/.test(c)) return 0.37;
  if (/[mwMW@%]/.test(c)) return 0.88;
  if (/[A-Z]/.test(c)) return 0.66;
  return 0.56;
}

/** Breaks a text into lines of at most `em`: at blanks, and between ideographs, but not before a closing mark. */
export function wrap(text: string, em: number, mostLines = 3): string[] {
  const pieces = text.match(/[A-Za-z0-9_.{}%'’<>=≥≤-]+|\s+|./gu) ?? [];
  const lines: string[] = [];
  let line = '';
  for (const piece of pieces) {
    const fits = widthOf(line + piece) <= em || line === '' || /^[，。；：、）」,.;:)]$/.test(piece);
    if (fits) line += line === '' ? piece.trimStart() : piece;
    else {
      lines.push(line.trimEnd());
      line = piece.trimStart();
    }
  }
  if (line !== '') lines.push(line.trimEnd());
  if (lines.length <= mostLines) return lines;
  return [...lines.slice(0, mostLines - 1), `${lines[mostLines - 1] ?? ''}…`];
}

export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** A number in a circle, by which a lane is named. */
export function circled(n: number): string {
  return n <= 20 ? String.fromCodePoint(0x245f + n) : `(${n})`;
}
