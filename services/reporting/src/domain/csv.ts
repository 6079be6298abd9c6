// A cell is a formula when it begins with one of these, full-width ones included.
const SIGN = '[=+\\-@＝＋－＠]';
// A tab or a carriage return at the beginning hides such a sign from a simpler check.
const LEADING = /^[\t\r]/;
// The beginning of the cell, and what spreadsheets of other locales take for the end of one. Quotes do not help there: a line of `"a","b;=c"` that is
// split at semicolons has a field `"a","b`, in which the quote is an ordinary character, and then the formula `=c"`. The quotes of a cell `b;"=c` are
// doubled in the file, and behind the semicolon the doubled quote is an empty text before the formula.
const HIDDEN = new RegExp(`^(?=[ \\u3000]*${SIGN})|(?<=[;|\\t\\r\\n])(?=[ \\u3000"]*${SIGN})`, 'g');

/** The text of a cell that no spreadsheet runs as a formula: an apostrophe stands before each sign that could begin one. Numbers are left as they are. */
export function inertCell(value: string | number | boolean | null): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  return (LEADING.test(value) ? `'${value}` : value).replace(HIDDEN, "'");
}
