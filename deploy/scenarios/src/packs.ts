import { readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from '@gongdan/packs';
import { readPackFolder } from '@gongdan/packs/files';
import { SampleDirectory, type SampleDirectoryData, Scenarios } from '@gongdan/packs/format2';

export interface PackToPlay {
  key: string;
  folder: string;
  json: Record<string, unknown>;
  sample: SampleDirectoryData;
  scenarios: Scenarios;
}

const FOLDER = fileURLToPath(new URL('../../../libs/packs/processes/', import.meta.url));

/** Keys of all packs of `libs/packs/processes`. */
export const packKeys = (): string[] => readdirSync(FOLDER).sort();

/** A name with a slash is the folder of a pack that somebody writes; its results are printed and written nowhere. */
export const isFolder = (name: string): boolean => name.includes('/');

/** Reads a pack; a beginning of its key such as `p39` is enough. Throws with the mistakes of a broken one. */
export function packToPlay(name: string): PackToPlay {
  if (isFolder(name)) return packIn(resolve(name), basename(resolve(name)));
  const key = packKeys().find((k) => k === name) ?? packKeys().find((k) => k.startsWith(`${name}-`));
  if (key === undefined) throw new Error(`no pack is called ${name}`);
  return packIn(join(FOLDER, key), key);
}

function packIn(folder: string, key: string): PackToPlay {
  const { json, directory, mistakes } = readPackFolder(folder);
  if (mistakes.length > 0) throw new Error(`${key} has mistakes:\n${describe(mistakes)}`);
  return { key, folder, json, sample: SampleDirectory.parse(directory), scenarios: Scenarios.parse(json['scenarios'] ?? []) };
}
