import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Invalid } from '@gongdan/kernel';
import { readPackTexts, strangerMistake } from './disk/pack-texts.js';
import { PACK_LIMITS } from './disk/yaml-limits.js';
import { salvage } from './check/salvage.js';
import { type PackFormat2 } from './format2/index.js';
import { lineOf } from './disk/json-lines.js';
import { type ImportMapping, parseMapping } from './imports/mapping.js';
import { describe, type PackMistake, packMistakes } from './mistakes.js';
import { Pack, PACK_PARTS } from './format1/pack.js';

export { readPackTexts } from './disk/pack-texts.js';
export type { PackMistake } from './mistakes.js';

/** Packs that are part of the platform. */
export const SHIPPED_PACKS = ['starter', 'city-311'] as const;

/** Folder of a shipped pack; its mapping files are beside the nine parts. */
export function packFolder(key: (typeof SHIPPED_PACKS)[number]): string {
  return fileURLToPath(new URL(`../${key}/`, import.meta.url));
}

/** A pack folder that was read. */
export interface PackFolder {
  /** The parts that could be read, valid or not: what the HTTP API takes. */
  json: Record<string, unknown>;
  /** The sample directory of a format-2 pack; it is never published. */
  directory: unknown;
  mistakes: PackMistake[];
  /** Where the value of a pointer into the joined pack stands; of format 2. */
  placeOf?: (pointer: string) => { file: string; line: number } | undefined;
}

/** Reads a pack folder (YAML parts of format 2, JSON parts of format 1) and lists its mistakes, each with line and column of its file. */
export function readPackFolder(folder: string): PackFolder {
  if (existsSync(join(folder, 'pack.json'))) {
    const mistake = { file: 'pack.yaml', pointer: '', rule: 'stands beside pack.json; remove the parts of one of the two formats' };
    if (existsSync(join(folder, 'pack.yaml'))) return { json: {}, directory: undefined, mistakes: [mistake] };
    return { ...readJsonFolder(folder), directory: undefined };
  }
  const strangers = filesOf(folder).flatMap((file): PackMistake[] => {
    const rule = strangerMistake(file);
    return rule === undefined ? [] : [{ file, pointer: '', rule }];
  });
  const { texts, unreadable } = partTexts(folder);
  if (unreadable.length > 0) return { json: {}, directory: undefined, mistakes: [...strangers, ...unreadable] };
  const read = readPackTexts(texts);
  return { ...read, mistakes: [...strangers, ...read.mistakes] };
}

/** The texts of the YAML parts in a folder, by file name. Throws when one of them cannot be read. */
export function packTexts(folder: string): Map<string, string> {
  const { texts, unreadable } = partTexts(folder);
  if (unreadable.length > 0) throw new Invalid('packs/unreadable-file', {}, describe(unreadable));
  return texts;
}

/** What can be read of a pack with mistakes, for a picture; undefined when its process is lost. Names in it may be declared nowhere. */
export function readableOf(json: Record<string, unknown>): PackFormat2 | undefined {
  const left = salvage(json);
  return left === undefined || left.lost.has('process') ? undefined : left.pack;
}

function partTexts(folder: string): { texts: Map<string, string>; unreadable: PackMistake[] } {
  const texts = new Map<string, string>();
  const unreadable: PackMistake[] = [];
  for (const file of filesOf(folder)) {
    if (!file.endsWith('.yaml') || strangerMistake(file) !== undefined) continue;
    const text = textOf(join(folder, file));
    if (typeof text === 'string') texts.set(file, text);
    else unreadable.push({ file, pointer: '', ...text });
  }
  return { texts, unreadable };
}

/** The text of a file, or why there is none: a folder or pipe of this name, a link to nowhere, no right to read it. */
function textOf(path: string): string | { rule: string } {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) return { rule: 'is not a file' };
    // A file beyond the limit is not read; blanks of its size make it count.
    return stats.size > PACK_LIMITS.bytes ? ' '.repeat(PACK_LIMITS.bytes + 1) : readFileSync(path, 'utf8');
  } catch (error) {
    return { rule: `cannot be read: ${String((error as NodeJS.ErrnoException).code ?? (error as Error).message)}` };
  }
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (cause) {
    throw new Invalid('packs/no-folder', { cause }, `${folder} is not a folder; name the folder that holds pack.yaml`);
  }
}

function readJsonFolder(folder: string): { json: Record<string, unknown>; mistakes: PackMistake[] } {
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
