import { crc32, constants, deflateRawSync } from 'node:zlib';

/** The content of an entry: a head, a block that is repeated, and a tail. */
export interface Entry {
  head: string;
  block?: Buffer;
  times?: number;
  tail: string;
}

/** A block ends on a byte and refers to nothing before it, so that its compressed form can be repeated without compressing it again. */
const packed = (bytes: Buffer): Buffer => deflateRawSync(bytes, { level: 9, finishFlush: constants.Z_FULL_FLUSH });

/** A ZIP file whose entries unpack to far more than its size. */
function zipOf(entries: Readonly<Record<string, Entry>>): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, { head, block = Buffer.alloc(0), times = 0, tail }] of Object.entries(entries)) {
    let crc = crc32(head);
    for (let i = 0; i < times; i++) crc = crc32(block, crc);
    crc = crc32(tail, crc);
    const repeated = packed(block);
    const content = Buffer.concat([packed(Buffer.from(head)), ...Array<Buffer>(times).fill(repeated), deflateRawSync(Buffer.from(tail))]);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc, 10);
    common.writeUInt32LE(content.length, 14);
    common.writeUInt32LE((Buffer.byteLength(head) + block.length * times + Buffer.byteLength(tail)) >>> 0, 18);
    common.writeUInt16LE(Buffer.byteLength(path), 22);
    files.push(Buffer.from('PK\u0003\u0004'), common, Buffer.from(path), content);
    const tailOfEntry = Buffer.alloc(14);
    tailOfEntry.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\u0001\u0002'), Buffer.from([20, 0]), common, tailOfEntry, Buffer.from(path));
    offset += 30 + Buffer.byteLength(path) + content.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(18);
  const count = Object.keys(entries).length;
  end.writeUInt16LE(count, 4);
  end.writeUInt16LE(count, 6);
  end.writeUInt32LE(size, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...files, ...directory, Buffer.from('PK\u0005\u0006'), end]);
}

const NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const REL = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const plain = (text: string): Entry => ({ head: text, tail: '' });
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
    'xl/workbook.xml': plain(`<workbook ${NS} xmlns:r="${REL}"><sheets><sheet name="1" sheetId="1" r:id="rId1"/></sheets></workbook>`),
    'xl/_rels/workbook.xml.rels': plain(
      `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="${REL}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
    ),
    'xl/styles.xml': plain(`<styleSheet ${NS}><cellXfs><xf numFmtId="0"/></cellXfs></styleSheet>`),
    'xl/sharedStrings.xml': { head: `<sst ${NS}>${stringHead}`, ...(where === 'sheet' ? {} : repeated), tail: stringTail },
    'xl/worksheets/sheet1.xml': {
      head: `<worksheet ${NS}><sheetData>${HEADER}${row}`,
      ...(where === 'sheet' ? repeated : {}),
      tail: '</sheetData></worksheet>',
    },
  });
}
