import iconv from 'iconv-lite';

const SNIFFED_BYTES = 64 * 1024;

/** The text of a file, without its byte order mark. */
export async function* decode(chunks: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<string> {
  const decoder = iconv.getDecoder(encoding);
  let first = true;
  for await (const chunk of chunks) {
    const text = decoder.write(chunk);
    yield first ? text.replace(/^\uFEFF/, '') : text;
    first = false;
  }
  const rest = decoder.end();
  if (rest) yield rest;
}

/** Decides the encoding: by the byte order mark; without one, UTF-8 when the bytes are valid UTF-8, otherwise GB18030, which contains GBK and GB2312. */
export function encodingOf(first: Buffer, wanted: string): string {
  if (wanted !== 'auto') return wanted;
  if (first.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]))) return 'utf-8';
  if (first.subarray(0, 2).equals(Buffer.from([0xff, 0xfe]))) return 'utf-16le';
  try {
    // The end of the sample may cut a character; `stream` allows that.
    new TextDecoder('utf-8', { fatal: true }).decode(first, { stream: true });
    return 'utf-8';
  } catch {
    return 'gb18030';
  }
}

/** Reads the beginning of a file; `all` is the whole of it, the beginning included. */
export async function peek(chunks: AsyncIterable<Buffer>): Promise<{ first: Buffer; all: AsyncIterable<Buffer> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  const seen: Buffer[] = [];
  let size = 0;
  while (size < SNIFFED_BYTES) {
    const next = await iterator.next();
    if (next.done) break;
    seen.push(next.value);
    size += next.value.length;
  }
  return {
    first: Buffer.concat(seen).subarray(0, SNIFFED_BYTES),
    all: (async function* () {
      yield* seen;
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
    })(),
  };
}
