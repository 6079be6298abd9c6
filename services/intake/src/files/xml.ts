import { SaxesParser, type SaxesTagPlain } from 'saxes';

export interface XmlHandlers {
  open: (name: string, attributes: SaxesTagPlain['attributes']) => void;
  text?: (text: string) => void;
  close?: (name: string) => void;
}

/** Feeds an XML text piece by piece to handlers and pauses after each piece. Names come without the namespace prefix that some programs write (`x:row`). */
export async function* parseXml(pieces: AsyncIterable<string>, handlers: XmlHandlers): AsyncGenerator<void> {
  const parser = new SaxesParser();
  let failed: Error | undefined;
  parser.on('error', (error) => (failed ??= error));
  parser.on('opentag', (tag) => handlers.open(localName(tag.name), tag.attributes));
  const { text, close } = handlers;
  if (text) {
    parser.on('text', text);
    parser.on('cdata', text);
  }
  if (close) parser.on('closetag', (tag) => close(localName(tag.name)));
  for await (const piece of pieces) {
    parser.write(piece);
    if (failed) throw failed;
    yield;
  }
  parser.close();
  if (failed) throw failed;
  yield;
}

const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

/** xsd:boolean. */
export const isTrue = (value: string | undefined): boolean => value === '1' || value === 'true';

/** `_x000D_` in a text of a workbook is the character of that code (ST_Xstring of ECMA-376). */
export const unescapeText = (text: string): string =>
  text.includes('_x') ? text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) => String.fromCharCode(parseInt(code, 16))) : text;
