import { crc32, constants, deflateRawSync } from 'node:zlib';
import { type PackedEntry, zipOf } from '@gongdan/testing';

/** The content of an entry: a head, a block that is repeated, and a tail. */
export interface Entry {
  head: string;
  block?: Buffer;
  times?: number;
  tail: string;
}

/** A block ends on a byte and refers to nothing before it, so that its compressed form can be repeated without compressing it again. */
const packed = (bytes: Buffer): Buffer => deflateRawSync(bytes, { level: 9, finishFlush: constants.Z_FULL_FLUSH });

/** An entry that unpacks to far more than its size. */
function inflated({ head, block = Buffer.alloc(0), times = 0, tail }: Entry): PackedEntry {
  let crc = crc32(head);
  for (let i = 0; i < times; i++) crc = crc32(block, crc);
  const repeated = packed(block);
  return {
    packed: Buffer.concat([packed(Buffer.from(head)), ...Array<Buffer>(times).fill(repeated), deflateRawSync(Buffer.from(tail))]),
    crc: crc32(tail, crc),
    size: Buffer.byteLength(head) + block.length * times + Buffer.byteLength(tail),
  };
}

const NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const REL = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const cell = (text: string): string => `<c t="inlineStr"><is><t>${text}</t></is></c>`;
const HEADER = `<row>${cell('key')}${cell('title')}</row>`;

export interface Heavy {
  /** What is repeated: part of the one shared string, part of the list of them, or part of the sheet. */
  where: 'run' | 'string' | 'sheet';
  xml: string;
  times: number;
}

/** A workbook with the columns `key` and `title` in which one piece of XML is repeated millions of times. */
export function heavyWorkbook({ where, xml, times }: Heavy): Buffer {
  const perBlock = Math.max(1, Math.floor(8_000_000 / xml.length));
  const block = Buffer.from(xml.repeat(perBlock));
  const repeated = { block, times: Math.ceil(times / perBlock) };
  const [stringHead, stringTail] = where === 'run' ? ['<si>', '</si></sst>'] : ['', '</sst>'];
  const row = where === 'sheet' ? '' : `<row><c t="s"><v>0</v></c><c t="s"><v>0</v></c></row>`;
  return zipOf({
    'xl/workbook.xml': `<workbook ${NS} xmlns:r="${REL}"><sheets><sheet name="1" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="${REL}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
    'xl/styles.xml': `<styleSheet ${NS}><cellXfs><xf numFmtId="0"/></cellXfs></styleSheet>`,
    'xl/sharedStrings.xml': inflated({ head: `<sst ${NS}>${stringHead}`, ...(where === 'sheet' ? {} : repeated), tail: stringTail }),
    'xl/worksheets/sheet1.xml': inflated({
      head: `<worksheet ${NS}><sheetData>${HEADER}${row}`,
      ...(where === 'sheet' ? repeated : {}),
      tail: '</sheetData></worksheet>',
    }),
  });
}
