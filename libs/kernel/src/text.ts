const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * The beginning of a text, at most `max` UTF-16 units long, without splitting what a reader sees as one character (an emoji of several code
 * points, a letter with its accents). A single character longer than `max` is cut between two code points.
 */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  // The segmenter must see the end of the character that is cut. No character in use has more than 64 units; segmenting a whole text of a
  // megabyte would cost milliseconds.
  const end = characters.segment(text.slice(0, max + 64)).containing(max)?.index ?? max;
  if (end > 0) return text.slice(0, end);
  return text.slice(0, max).replace(/[\ud800-\udbff]$/, '');
}
