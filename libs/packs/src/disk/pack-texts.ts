import { checkFormat2 } from '../check/check-format2.js';
import { FORMAT2_PARTS } from '../format2/index.js';
import { pointerOf } from '../located.js';
import { type PackMistake } from '../mistakes.js';
import { meant } from './nearest.js';
import { lex, PACK_LIMITS } from './yaml-limits.js';
import { expanded, expandedDirectory } from './short-forms.js';
import { typedCharacters } from './typed-characters.js';
import { readYaml, type TextMistake, type YamlText } from './yaml-text.js';

const DIRECTORY = 'sample-directory';
const FILES = [...FORMAT2_PARTS, DIRECTORY].map((part) => `${part}.yaml`);
const NOT_UTF8 = 'is not UTF-8; save the file as UTF-8 (in the editor: save as, encoding UTF-8)';
const REQUIRED = ['pack', 'catalogue', 'intake', 'process'];

/** What is wrong with a file that lies in a pack folder by its name alone; mappings of imports and documents may lie there too. */
export function strangerMistake(file: string): string | undefined {
  if (FILES.includes(file) || !/\.ya?ml$/i.test(file)) return undefined;
  const renamed = file.toLowerCase().replace(/\.yml$/, '.yaml');
  if (FILES.includes(renamed)) return `is not read; rename it to ${renamed}`;
  return `is not a part of a pack${meant(file, FILES)} The parts are ${FILES.join(', ')}`;
}

export interface PackTexts {
  json: Record<string, unknown>;
  directory: unknown;
  mistakes: PackMistake[];
  /** Where the value of a pointer into the joined pack stands. */
  placeOf?: (pointer: string) => { file: string; line: number } | undefined;
}

/** The texts of a format-2 pack by file name, joined, with all their mistakes. */
export function readPackTexts(texts: ReadonlyMap<string, string>): PackTexts {
  const lexed = lexAll(texts);
  if (!(lexed instanceof Map)) return { json: {}, directory: undefined, mistakes: [...lexed] };
  const read = new Map<string, YamlText>([...lexed].map(([file, tokens]) => [file, readYaml(tokens)]));
  // What is read after a mistake of YAML itself is not what the author wrote: the first of a file is told alone.
  const unreadable = new Map<string, TextMistake[]>();
  for (const [file, { mistakes }] of read) {
    const first = mistakes.find((m) => m.syntax);
    if (first !== undefined) unreadable.set(file, [first]);
  }
  const found = join(texts, read, unreadable);
  const typed = [...lexed].flatMap(([file, tokens]) => {
    const own = found.mistakes.filter((m) => m.file === file);
    const all = own.length === 0 ? [] : typedCharacters(tokens);
    const noYaml = new Set(unreadable.get(file)?.map((m) => m.line));
    const wrong = new Set(all.filter((t) => own.some((m) => m.line === t.line && m.column === t.textAt)).map((t) => t.line));
    const here = all.filter((t) => t.textAt === undefined || noYaml.has(t.line) || wrong.has(t.line));
    return here.length === 0 ? [] : [[file, here.map(({ rule, line, column }) => ({ rule, line, column }))] as const];
  });
  return typed.length === 0 ? found : join(texts, read, new Map([...unreadable, ...typed]));
}

/** Of a file that is `unreadable` nothing is told but that. */
function join(
  texts: ReadonlyMap<string, string>,
  read: ReadonlyMap<string, YamlText>,
  unreadable: ReadonlyMap<string, readonly TextMistake[]>,
): PackTexts {
  const ofTexts: PackMistake[] = [...read].flatMap(([file, { mistakes }]) =>
    (unreadable.get(file) ?? mistakes).map(({ rule, line, column }) => ({ file, pointer: '', rule, line, column })),
  );
  for (const part of REQUIRED)
    if (read.get(`${part}.yaml`)?.json === undefined && !ofTexts.some((m) => m.file === `${part}.yaml`))
      ofTexts.push({
        file: `${part}.yaml`,
        pointer: '',
        rule: texts.has(`${part}.yaml`) ? 'is empty; every pack has this part' : 'the file is missing; every pack has this part',
      });
  const said = (part: string): unknown => (unreadable.has(`${part}.yaml`) ? undefined : read.get(`${part}.yaml`)?.json);
  const written: Record<string, unknown> = {};
  for (const part of FORMAT2_PARTS) {
    const value = said(part);
    if (value !== undefined) written[part] = value;
  }
  const json = expanded(written);
  const directory = expandedDirectory(said(DIRECTORY), (written['pack'] as { zone?: unknown } | null | undefined)?.zone);
  // What a file says is unknown where its text is broken: names it may declare are not missed.
  const broken = new Set(ofTexts.map((m) => m.file.replace(/\.yaml$/, '')));
  const located = checkFormat2(json, { directory, broken }).map(({ path: [part, ...rest], rule, key }): PackMistake => {
    const file = `${String(part)}.yaml`;
    const place = read.get(file)?.placeOf(rest, key);
    return { file, pointer: pointerOf(rest), rule, ...place };
  });
  const order = (m: PackMistake): number => FILES.indexOf(m.file);
  const mistakes = [...ofTexts, ...located.filter((m) => !unreadable.has(m.file))].sort(
    (a, b) => order(a) - order(b) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
  const placeOf: PackTexts['placeOf'] = (pointer) => {
    const [part = '', ...path] = pointer.split('/').slice(1).map((p) => p.replaceAll('~1', '/').replaceAll('~0', '~')); // prettier-ignore
    const text = read.get(`${part}.yaml`);
    return text && { file: `${part}.yaml`, line: text.placeOf(path).line };
  };
  return { json, directory, mistakes, placeOf };
}

/** The tokens of each file, or what is too much. */
function lexAll(texts: ReadonlyMap<string, string>): Map<string, readonly string[]> | readonly PackMistake[] {
  let [bytes, values] = [0, 0];
  for (const [file, text] of texts) {
    bytes += Buffer.byteLength(text);
    if (bytes > PACK_LIMITS.bytes)
      return [{ file, pointer: '', rule: `the pack is larger than ${PACK_LIMITS.bytes / 1e6} MB; a pack is rarely larger than 0.1 MB` }];
  }
  // Another encoding is mostly that of all files.
  const foreign = [...texts].flatMap(([file, text]): PackMistake[] => {
    const at = text.indexOf('\uFFFD');
    const before = text.slice(0, Math.max(0, at)).split('\n');
    return at < 0 ? [] : [{ file, pointer: '', rule: NOT_UTF8, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }];
  });
  if (foreign.length > 0) return foreign;
  const lexed = new Map<string, readonly string[]>();
  for (const [file, text] of texts) {
    // A lone CR ends a line on old systems, and would be a part of the text for YAML.
    const judged = lex(text.replace(/^\uFEFF/, '').replaceAll(/\r(?!\n)/g, '\n'), values);
    if (judged.excess) return [{ file, pointer: '', ...judged.excess }];
    values = judged.values;
    lexed.set(file, judged.tokens);
  }
  return lexed;
}
