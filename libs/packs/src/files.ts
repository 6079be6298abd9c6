import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Invalid } from '@gongdan/kernel';
import { lineOf } from './json-lines.js';
import { type ImportMapping, parseMapping } from './mapping.js';
import { describe, type PackMistake, packMistakes } from './mistakes.js';
import { Pack, PACK_PARTS } from './pack.js';

/** Packs that are part of the platform. */
export const SHIPPED_PACKS = ['starter', 'city-311'] as const;

/** Folder of a shipped pack; its mapping files are beside the nine parts. */
export function packFolder(key: (typeof SHIPPED_PACKS)[number]): string {
  return fileURLToPath(new URL(`../${key}/`, import.meta.url));
}

/** Reads a pack folder into one object and lists its mistakes, each with the line of its file. `json` holds the parts that could be read, valid or not. */
export function readPackFolder(folder: string): { json: Record<string, unknown>; mistakes: PackMistake[] } {
  const texts = new Map<string, string>();
  const json: Record<string, unknown> = {};
  const unreadable: PackMistake[] = [];
  for (const part of PACK_PARTS) {
    const file = `${part}.json`;
    const path = join(folder, file);
    if (!existsSync(path)) {
      unreadable.push({ file, pointer: '', rule: 'the file is missing' });
      continue;
    }
    const text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
    texts.set(file, text);
    try {
      json[part] = JSON.parse(text) as unknown;
    } catch (error) {
      unreadable.push({ file, pointer: '', rule: `is not JSON: ${(error as Error).message}`, ...syntaxLine(text, error as Error) });
    }
  }
  if (unreadable.length > 0) return { json, mistakes: unreadable };
  const mistakes = packMistakes(json).map((m) => {
    const text = texts.get(m.file);
    return text === undefined ? m : { ...m, line: lineOf(text, m.pointer) };
  });
  return { json, mistakes };
}

/** Reads a valid pack folder; throws `Invalid('packs/invalid')`, whose message has a line `file:line pointer: rule` per mistake. */
export function loadPack(folder: string): Pack {
  const { json, mistakes } = readPackFolder(folder);
  if (mistakes.length > 0) throw new Invalid('packs/invalid', { details: { mistakes } }, describe(mistakes));
  return Pack.parse(json);
}

export function loadMapping(file: string): ImportMapping {
  return parseMapping(JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, '')) as unknown);
}

function syntaxLine(text: string, error: Error): { line?: number } {
  const position = /position (\d+)/.exec(error.message)?.[1];
  return position === undefined ? {} : { line: text.slice(0, Number(position)).split('\n').length };
}
