const graphemes = new Intl.Segmenter();

/**
 * The same rule as `cut` of @gongdan/platform, which the domain may not import. At most `max` UTF-16 units of a text, cut where a reader sees the end of a character: neither a surrogate pair, nor a letter and its
 * accent, nor an emoji of several code points is split.
 */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  let end = 0;
  // The segmenter reads a million combining marks as one character; what is longer than this may be split.
  for (const { index, segment } of graphemes.segment(text.slice(0, max + 64))) {
    if (index + segment.length > max) break;
    end = index + segment.length;
  }
  return end > 0 ? text.slice(0, end) : text.slice(0, max).replace(/[\uD800-\uDBFF]$/, '');
}
