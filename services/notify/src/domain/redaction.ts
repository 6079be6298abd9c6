// Longer than any real answer: matching below is quadratic in the longest word.
const LONGEST = 2_000;
const ADDRESS = /[^\s<>()[\]{}",;:|]+(?:@|%40)[^\s<>()[\]{}",;:|]+/gi;

/**
 * Providers repeat in their answers whom they were asked to write to (`550 5.1.1 <han@example.org>: Recipient address rejected`, `User han
 * unknown`). *Redacted*, an answer keeps its codes and words and loses everything like an address, and the name of the mailbox in `to`:
 * that is often a person's name or telephone number.
 */
export function redact(answer: string, to: string): string {
  const mailbox = to.slice(0, to.lastIndexOf('@'));
  const names = [mailbox, mailbox.replace(/(?<=.)\+.*/, '')].map((name) => name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  const named = new RegExp(`(?<![\\p{L}\\p{N}])(?:${names.join('|')})(?![\\p{L}\\p{N}])`, 'giu');
  return answer.slice(0, LONGEST).replace(ADDRESS, '***').replace(named, '***');
}

/** `l***@example.org`: enough to recognise an address, not enough to write to it. */
export function maskAddress(address: string): string {
  const at = address.lastIndexOf('@');
  return at < 1 ? '***' : `${address.slice(0, 1)}***${address.slice(at)}`;
}
