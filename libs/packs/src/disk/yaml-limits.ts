import { CST, Lexer } from 'yaml';

/** Limits of a pack on disk. `values` counts keys, too; the HTTP API takes 50,000 values without them. */
export const PACK_LIMITS = { bytes: 5_000_000, depth: 64, values: 30_000 } as const;

/** Tokens that begin a value; a key is a value, too. */
const COUNTED = new Set<string>([
  'scalar', 'single-quoted-scalar', 'double-quoted-scalar', 'alias', 'flow-map-start', 'flow-seq-start', 'seq-item-ind',
]); // prettier-ignore

export interface Excess {
  rule: string;
  line: number;
  column: number;
}

/** The tokens of a YAML text, or the first limit that it exceeds. */
export type Lexed = { tokens: readonly string[]; values: number; excess?: undefined } | { excess: Excess };

/**
 * The tokens of a YAML text that is within the limits. The limits are judged while it is read and nothing is built: parsing 5 MB takes ten seconds, and the
 * parser recurses into nested values. `values` is how many the pack has so far.
 */
export function lex(text: string, values: number): Lexed {
  const tokens: string[] = [];
  let [line, column, flow, startsNode, scalar] = [1, 1, 0, true, false];
  const columns: number[] = [];
  const found = (rule: string): Lexed => ({ excess: { rule, line, column } });
  for (const token of new Lexer().lex(text)) {
    tokens.push(token);
    const type = scalar ? 'scalar' : CST.tokenType(token);
    // These tokens mark what follows and take no room in the text; a plain or block scalar is the token after its mark.
    if (!scalar && (type === 'scalar' || type === 'doc-mode' || type === 'flow-error-end')) {
      scalar = type === 'scalar';
      continue;
    }
    scalar = false;
    if (startsNode && flow === 0 && type !== 'space' && type !== 'comment' && type !== 'newline') {
      while ((columns.at(-1) ?? 0) >= column) columns.pop();
      columns.push(column);
      startsNode = type === 'seq-item-ind' || type === 'explicit-key-ind';
    }
    if (type === 'flow-map-start' || type === 'flow-seq-start') flow += 1;
    if (type === 'flow-map-end' || type === 'flow-seq-end') flow = Math.max(0, flow - 1);
    if (columns.length + flow > PACK_LIMITS.depth) return found(`is nested deeper than ${PACK_LIMITS.depth} levels; write it flatter`);
    if (type !== null && COUNTED.has(type)) values += 1;
    if (values > PACK_LIMITS.values)
      return found(`the pack has more than ${PACK_LIMITS.values} keys and values; long lists belong in the directory or in an import`);
    const end = token.lastIndexOf('\n');
    if (end < 0) {
      column += token.length;
      continue;
    }
    for (let at = token.indexOf('\n'); at >= 0; at = token.indexOf('\n', at + 1)) line += 1;
    column = token.length - end;
    if (end === token.length - 1) startsNode = true;
  }
  return { tokens, values };
}
