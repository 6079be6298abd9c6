import { describe, formatOf, fromFormat1 } from '@gongdan/packs';
import { loadPack, type PackMistake, readableOf, readPackFolder } from '@gongdan/packs/files';
import { FORMAT2_PARTS, PackFormat2, SampleDirectory, type SampleDirectoryData } from '@gongdan/packs/format2';
import { inLanguage } from './check.js';
import { Speech } from './texts.js';

export interface PackOnDisk {
  pack: PackFormat2;
  sample: SampleDirectoryData | undefined;
}

/** A valid pack of a folder; one of format 1 as its upcaster reads it. Throws with the mistakes: what is drawn or tried of a broken process would mislead. */
export function packOnDisk(folder: string, speech = new Speech('en')): PackOnDisk {
  const { json, directory, mistakes } = readPackFolder(folder);
  if (mistakes.length > 0) throw new Error(`${speech.say('pack.broken')}\n${listed(mistakes, speech)}`);
  if (formatOf(json) === 1) {
    const old = loadPack(folder);
    const { units, people } = old.org;
    const memberships = (p: (typeof people)[number]): SampleDirectoryData['people'][number]['memberships'] =>
      p.units.length === 0 ? [{ roles: [...p.roles] }] : p.units.map((unit) => ({ unit, roles: [...p.roles] }));
    const sample = { units, people: people.map((p) => ({ id: p.id, name: p.name, memberships: memberships(p) })) };
    return { pack: partsOf(fromFormat1(old)), sample };
  }
  const sample = SampleDirectory.safeParse(directory);
  return { pack: PackFormat2.parse(json), sample: sample.success ? sample.data : undefined };
}

/** A pack of a folder for a picture: what could be read of it, with its mistakes. Throws when there is nothing to draw. */
export function packToDraw(folder: string, speech = new Speech('en')): PackOnDisk & { mistakes: readonly PackMistake[] } {
  const { json, directory, mistakes } = readPackFolder(folder);
  const left = mistakes.length === 0 || formatOf(json) === 1 ? undefined : readableOf(json);
  if (left === undefined) return { ...packOnDisk(folder, speech), mistakes: [] };
  const sample = SampleDirectory.safeParse(directory);
  return { pack: left, sample: sample.success ? sample.data : undefined, mistakes };
}

/** The first mistakes, a line each. */
export function listed(mistakes: readonly PackMistake[], speech: Speech): string {
  return describe(mistakes.slice(0, 20).map((m) => ({ ...m, ...inLanguage(m.rule, speech.lang) })));
}

/** The parts of a pack without what a running service adds to them. */
export function partsOf(pack: object): PackFormat2 {
  return Object.fromEntries(Object.entries(pack).filter(([part]) => FORMAT2_PARTS.some((p) => p === part))) as unknown as PackFormat2;
}
