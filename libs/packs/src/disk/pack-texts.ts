import { checkFormat2 } from '../check/check-format2.js';
import { FORMAT2_PARTS } from '../format2/index.js';
import { pointerOf } from '../located.js';
import { type PackMistake } from '../mistakes.js';
import { meant } from './nearest.js';
import { lex, PACK_LIMITS } from './yaml-limits.js';
import { readYaml, type YamlText } from './yaml-text.js';

const DIRECTORY = 'sample-directory';
const FILES = [...FORMAT2_PARTS, DIRECTORY].map((part) => `${part}.yaml`);
const REQUIRED = ['pack', 'catalogue', 'intake', 'process'];

/** What is wrong with a file that lies in a pack folder by its name alone; mappings of imports and documents may lie there too. */
export function strangerMistake(file: string): string | undefined {
  if (FILES.includes(file) || !/\.ya?ml$/i.test(file)) return undefined;
  const renamed = file.toLowerCase().replace(/\.yml$/, '.yaml');
  if (FILES.includes(renamed)) return `is not read; rename it to ${renamed}`;
  return `is not a part of a pack${meant(file, FILES)} The parts are ${FILES.join(', ')}`;
}

/** The texts of a format-2 pack by file name, joined, with all their mistakes. */
export function readPackTexts(texts: ReadonlyMap<string, string>): {
  json: Record<string, unknown>;
  directory: unknown;
  mistakes: PackMistake[];
} {
  const lexed = lexAll(texts);
  if (!(lexed instanceof Map)) return { json: {}, directory: undefined, mistakes: [lexed] };
  const read = new Map<string, YamlText>([...lexed].map(([file, tokens]) => [file, readYaml(tokens)]));
  const ofTexts: PackMistake[] = [...read].flatMap(([file, { mistakes }]) => mistakes.map((m) => ({ file, pointer: '', ...m })));
  for (const part of REQUIRED)
    if (read.get(`${part}.yaml`)?.json === undefined && !ofTexts.some((m) => m.file === `${part}.yaml`))
      ofTexts.push({
        file: `${part}.yaml`,
        pointer: '',
        rule: texts.has(`${part}.yaml`) ? 'is empty; every pack has this part' : 'the file is missing; every pack has this part',
      });
  const json: Record<string, unknown> = {};
  for (const part of FORMAT2_PARTS) {
    const value = read.get(`${part}.yaml`)?.json;
    if (value !== undefined) json[part] = value;
  }
  const directory = read.get(`${DIRECTORY}.yaml`)?.json;
  // What a file says is unknown where its text is broken: names it may declare are not missed.
  const broken = new Set(ofTexts.map((m) => m.file.replace(/\.yaml$/, '')));
  const found = checkFormat2(json, { directory, broken });
  const located = found.map(({ path: [part, ...rest], rule, key }): PackMistake => {
    const file = `${String(part)}.yaml`;
    const place = read.get(file)?.placeOf(rest, key);
    return { file, pointer: pointerOf(rest), rule, ...place };
  });
  const order = (m: PackMistake): number => FILES.indexOf(m.file);
  const mistakes = [...ofTexts, ...located].sort(
    (a, b) => order(a) - order(b) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
  return { json, directory, mistakes };
}

/** The tokens of each file, or what is too much. */
function lexAll(texts: ReadonlyMap<string, string>): Map<string, readonly string[]> | PackMistake {
  let [bytes, values] = [0, 0];
  for (const [file, text] of texts) {
    bytes += Buffer.byteLength(text);
    if (bytes > PACK_LIMITS.bytes)
      return { file, pointer: '', rule: `the pack is larger than ${PACK_LIMITS.bytes / 1e6} MB; a pack is rarely larger than 0.1 MB` };
  }
  const lexed = new Map<string, readonly string[]>();
  for (const [file, text] of texts) {
    const judged = lex(text.replace(/^\uFEFF/, ''), values);
    if (judged.excess) return { file, pointer: '', ...judged.excess };
    values = judged.values;
    lexed.set(file, judged.tokens);
  }
  return lexed;
}
