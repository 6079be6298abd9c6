/** Packs of which every scenario passes, none pending. The list may only grow; a test plays them. */
export const WHOLE_PACKS: readonly string[] = ['city-311', 'starter'];
