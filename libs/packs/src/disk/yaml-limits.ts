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

/**
 * The first limit that a YAML text exceeds; undefined when it is within them. It reads tokens and builds nothing: parsing 5 MB takes ten seconds, and the
 * parser recurses into nested values. `values` is how many the pack has so far.
 */
export function excessOf(text: string, values: number): { excess: Excess | undefined; values: number } {
  let [line, column, flow, startsNode, scalar] = [1, 1, 0, true, false];
  const columns: number[] = [];
  const found = (rule: string): { excess: Excess; values: number } => ({ excess: { rule, line, column }, values });
  for (const token of new Lexer().lex(text)) {
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
    const breaks = token.split('\n');
    line += breaks.length - 1;
    column = breaks.length > 1 ? (breaks.at(-1) ?? '').length + 1 : column + token.length;
    if (token.endsWith('\n')) startsNode = true;
  }
  return { excess: undefined, values };
}
