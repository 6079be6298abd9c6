/** A mistake in both languages. The English text is what the check says, with `{x}` for what it puts in; the Chinese one may use the same values. */
export type Message = readonly [code: string, en: string, zh: string];
