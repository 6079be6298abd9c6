import { parseXml } from './xml.js';

/** Built-in formats that show a date or a time, those of Chinese and Japanese Excel (27 to 36, 50 to 58) included. */
const isBuiltInDate = (id: number): boolean =>
  (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58);

/** Whether a format code shows a date: what is quoted, escaped or in brackets (colours, languages) does not count, elapsed time does. */
export function isDateFormat(code: string): boolean {
  const plain = code.replace(/"[^"]*"|\\.|_.|\*./g, '').replace(/\[(?!(?:h+|m+|s+)\])[^\]]*\]/gi, '');
  return /[ymdhs]/i.test(plain.replace(/General/gi, ''));
}

/** By index of a cell's style: whether a number in it is shown as a date. */
export async function readDateStyles(pieces: AsyncIterable<string>): Promise<boolean[]> {
  const own = new Map<number, boolean>();
  const styles: boolean[] = [];
  let inCellXfs = false;
  const parsing = parseXml(pieces, {
    open: (name, attributes) => {
      if (name === 'numFmt') own.set(Number(attributes['numFmtId']), isDateFormat(attributes['formatCode'] ?? ''));
      else if (name === 'cellXfs') inCellXfs = true;
      else if (name === 'xf' && inCellXfs) {
        const id = Number(attributes['numFmtId'] ?? 0);
        styles.push(own.get(id) ?? isBuiltInDate(id));
      }
    },
    close: (name) => {
      if (name === 'cellXfs') inCellXfs = false;
    },
  });
  for await (const _ of parsing);
  return styles;
}
