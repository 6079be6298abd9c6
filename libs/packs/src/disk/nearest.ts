/** The known name that is nearest to a misspelt one; undefined when none is near. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(name.length / 3)) + 0.5;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= Math.max(least, 3)) continue;
    const [a, b] = [plain(name), plain(candidate)];
    const begun = Math.min(a.length, b.length) > 1 && (a.startsWith(b) || b.startsWith(a));
    const d = begun ? 1 : distance(a, b);
    if (d < least) [best, least] = [candidate, d];
  }
  return best;
}

/** `; did you mean x?`, or nothing. */
export function meant(name: string, known: Iterable<string>): string {
  const near = nearest(name, known);
  return near === undefined ? '' : `; did you mean ${near}?`;
}

// blocks-closing, blocks_closing and blocksClosing are the same word to an author.
const plain = (name: string): string => name.replaceAll(/[-_ ]/g, '').toLowerCase().slice(0, 60);

/** Edits between two short words; two neighbours that changed places count as one. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let d = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) d = Math.min(d, (before[j - 2] ?? 0) + 1);
      row.push(d);
    }
    [before, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
