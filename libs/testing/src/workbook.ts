import { crc32, deflateRawSync } from 'node:zlib';

/** An entry that is deflated already, or stored without being deflated. */
export interface PackedEntry {
  /** Deflated, or the content itself when `stored`. */
  packed: Buffer;
  stored?: true;
  /** CRC-32 and bytes of its content. */
  crc: number;
  size: number;
}

function pack(content: string | Buffer): PackedEntry {
  const plain = Buffer.from(content);
  return { packed: deflateRawSync(plain), crc: crc32(plain), size: plain.length };
}

/** An entry that a reader unpacks without waiting for zlib, that is, before any file can be opened. */
export function stored(content: string | Buffer): PackedEntry {
  const plain = Buffer.from(content);
  return { packed: plain, stored: true, crc: crc32(plain), size: plain.length };
}

/** A ZIP file of these entries in their order; those that are not packed yet are deflated. */
export function zipOf(entries: Readonly<Record<string, string | Buffer | PackedEntry>>): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, content] of Object.entries(entries)) {
    const name = Buffer.from(path);
    const { packed, crc, size, stored } = typeof content === 'string' || Buffer.isBuffer(content) ? pack(content) : content;
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(stored ? 0 : 8, 4);
    common.writeUInt32LE(crc, 10);
    common.writeUInt32LE(packed.length, 14);
    // A size beyond 4 GiB is written modulo 2^32.
    common.writeUInt32LE(size >>> 0, 18);
    common.writeUInt16LE(name.length, 22);
    files.push(Buffer.from('PK\u0003\u0004'), common, name, packed);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\u0001\u0002'), Buffer.from([20, 0]), common, tail, name);
    offset += 30 + name.length + packed.length;
  }
  const bytes = directory.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(18);
  const count = Object.keys(entries).length;
  end.writeUInt16LE(count, 4);
  end.writeUInt16LE(count, 6);
  end.writeUInt32LE(bytes, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...files, ...directory, Buffer.from('PK\u0005\u0006'), end]);
}

export interface WorkbookParts {
  /** Rows of the sheet, as XML. */
  rows: string;
  /** Texts, as XML of `si` elements. */
  strings?: string;
  workbookPr?: string;
  numFmts?: string;
  /** Number formats of the cell styles. */
  styles?: number[];
  /** Order of the entries. */
  sheetFirst?: boolean;
  /** The entries are not deflated. */
  stored?: boolean;
}

const NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const REL = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

/** A workbook of one sheet, written by hand, because exceljs writes none of what it misreads. */
export function workbookOf(parts: WorkbookParts): Buffer {
  const { rows, strings = '', workbookPr = '', numFmts = '', styles = [0], sheetFirst = false } = parts;
  const sheet = { 'xl/worksheets/sheet1.xml': `<worksheet ${NS}><sheetData>${rows}</sheetData></worksheet>` };
  const rest = {
    'xl/workbook.xml': `<workbook ${NS} xmlns:r="${REL}">${workbookPr}<sheets><sheet name="1" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="${REL}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
    'xl/styles.xml': `<styleSheet ${NS}>${numFmts}<cellXfs>${styles.map((id) => `<xf numFmtId="${id}"/>`).join('')}</cellXfs></styleSheet>`,
    'xl/sharedStrings.xml': `<sst ${NS}>${strings}</sst>`,
  };
  const entries: Record<string, string> = sheetFirst ? { ...sheet, ...rest } : { ...rest, ...sheet };
  return zipOf(parts.stored ? Object.fromEntries(Object.entries(entries).map(([path, content]) => [path, stored(content)])) : entries);
}
