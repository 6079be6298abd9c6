import {
  Composer,
  type CST,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  Parser,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { type Located } from '../located.js';

/** A mistake of the text itself, at its place. */
export interface TextMistake {
  rule: string;
  line: number;
  column: number;
  /** The text is no YAML from here on: what else is found in it mostly follows from this. */
  syntax?: true;
}

export interface Place {
  line: number;
  column: number;
}

export interface YamlText {
  /** What the text says, as JSON; undefined when it could not be read at all. */
  json: unknown;
  mistakes: TextMistake[];
  /** The place of a value, or of its nearest ancestor. `key` asks for the key of the last step. */
  placeOf(path: Located['path'], key?: boolean): Place;
}

/**
 * Reads the tokens of YAML 1.2 (core schema), whose size `lex` has judged. Anchors, aliases, tags, merge keys, a second document and a key written twice are mistakes: a reader
 * must see the whole value where it stands. Every mistake of the text is reported, not the first alone.
 */
export function readYaml(tokens: readonly string[]): YamlText {
  const lines = new LineCounter();
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const mistakes: TextMistake[] = [];
  const add = (offset: number, rule: string): void => void mistakes.push({ rule, ...place(offset) });
  // The library compares each key with each other one: 20,000 keys take 1.3 s. `valueOf` finds a key written twice with a set.
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    uniqueKeys: false,
    lineCounter: lines,
    prettyErrors: false,
    strict: true,
  });
  const documents = [...composer.compose(syntaxOf(tokens, lines))];
  for (const document of documents)
    for (const e of document.errors) mistakes.push({ rule: textRule(e.code, e.message), ...place(e.pos[0]), syntax: true });
  for (const document of documents) {
    // Directives such as %TAG would change what the text means.
    if (document.directives.yaml.explicit || Object.keys(document.directives.tags).length > 1)
      add(0, 'directives (%YAML, %TAG) cannot be used; remove them');
  }
  const [first, second] = documents;
  if (second) add(second.range[0], 'a second document begins here (---); write one document per file');
  const root = first?.contents ?? null;
  const json = root === null ? undefined : valueOf(root, add);
  return {
    json,
    mistakes: mistakes.sort((a, b) => a.line - b.line || a.column - b.column),
    placeOf: (path, key) => place(offsetOf(root, path, key ?? false)),
  };
}

/** The syntax tree of tokens: what `parseAllDocuments` of the library does, which would take the text apart a second time. */
function* syntaxOf(tokens: readonly string[], lines: LineCounter): Generator<CST.Token, void> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  for (const token of tokens) yield* parser.next(token);
  yield* parser.end();
}

const RULES: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'a tab cannot indent; use spaces',
  BAD_INDENT: 'the indentation does not fit; indent with two spaces more than the line above, as its neighbours',
  MISSING_CHAR: 'a character is missing',
  MULTILINE_IMPLICIT_KEY: 'a key must stand on one line; is a colon or a quote missing?',
  BLOCK_AS_IMPLICIT_KEY: 'a second colon stands on this line; put the text in quotes',
};
function textRule(code: string, message: string): string {
  const said = message.replace(/\s+/g, ' ').trim();
  const rule = RULES[code];
  return rule === undefined ? `is not YAML: ${said}` : `is not YAML: ${rule} (${said})`;
}

type Add = (offset: number, rule: string) => void;

function valueOf(node: Node, add: Add): unknown {
  const at = (node.range ?? [0])[0];
  if (isAlias(node)) {
    add(at, `*${node.source} is an alias; write the value itself here`);
    return undefined;
  }
  const { tag } = node as ParsedNode;
  if (node.anchor !== undefined) add(at, `&${node.anchor} is an anchor; remove it and write the value wherever it is used`);
  if (tag !== undefined) add(at, `${tag.replace('tag:yaml.org,2002:', '!!')} is a tag; remove it, and put a text in quotes`);
  if (isMap(node)) return mapOf(node, add);
  if (isSeq(node)) return node.items.map((item) => (isNode(item) ? (valueOf(item, add) ?? null) : null));
  if (!isScalar(node)) return null;
  const value = node.value;
  if (typeof value === 'number' && !Number.isFinite(value))
    add(at, `${node.source ?? String(value)} is not a number a pack can hold; put a text in quotes`);
  if (typeof value === 'bigint') return Number(value);
  return value;
}

function mapOf(map: YAMLMap, add: Add): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  const seen = new Set<string>();
  for (const { key, value } of map.items) {
    const offset = (isNode(key) ? key.range : map.range)?.[0] ?? 0;
    if (isNode(key)) valueOf(key, add);
    if (!isScalar(key)) {
      add(offset, 'a key must be a plain text');
      continue;
    }
    const name = key.source ?? String(key.value);
    if (name === '<<') add(offset, '<< would merge another value; write its keys here');
    else if (name === '__proto__') add(offset, '__proto__ cannot be a key');
    else if (seen.has(name)) add(offset, `${name} stands here twice; keep one of them`);
    else {
      seen.add(name);
      const read = isNode(value) ? valueOf(value, add) : null;
      if (read !== undefined) json[name] = read;
    }
  }
  return json;
}

function offsetOf(root: Node | null, path: Located['path'], key: boolean): number {
  let node: Node | null = root;
  let offset = root?.range?.[0] ?? 0;
  for (const [i, part] of path.entries()) {
    const next = childOf(node, part);
    if (next === undefined) break;
    node = next.value;
    offset = (i === path.length - 1 && key) || node === null ? next.label : (node.range?.[0] ?? next.label);
    // An empty or nested value is found best by its key.
    if (i === path.length - 1 && isMap(node)) offset = next.label;
  }
  return offset;
}

function childOf(node: Node | null, part: PropertyKey): { label: number; value: Node | null } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && (key.source ?? String(key.value)) === String(part));
    if (!pair || !isNode(pair.key)) return undefined;
    return { label: pair.key.range?.[0] ?? 0, value: isNode(pair.value) ? pair.value : null };
  }
  if (isSeq(node)) {
    const item = (node as YAMLSeq).items[Number(part)];
    return isNode(item) ? { label: item.range?.[0] ?? 0, value: item } : undefined;
  }
  return undefined;
}
