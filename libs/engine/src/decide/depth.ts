/** How many reactions and cascades may follow each other before somebody acts, a task wakes or a clock fires (law 7). */
export const MOST_DEPTH = 8;
export const TOO_LONG = 'dispatch/chain-too-long';
