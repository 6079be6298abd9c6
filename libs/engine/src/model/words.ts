/** Events carry words of packs and people (an outcome, a class of fault, an item) up to this length: `key` of libs/contracts. */
export const LONGEST_WORD = 120;

/** Whether events can carry the value as a word. */
export function isWord(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_WORD;
}
