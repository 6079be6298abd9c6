// Longer than any real answer. The limit is needed because matching below is quadratic in the longest word.
const LONGEST = 2_000;
const ADDRESS = /[^\s<>()[\]{}",;:|]+(?:@|%40)[^\s<>()[\]{}",;:|]+/gi;

/**
 * Removes from a provider's answer everything like an address, and the name of the mailbox in `to`, which is often a person's name or telephone
 * number; codes and words stay. Providers repeat the recipient in their answers (`550 5.1.1 <han@example.org>: Recipient address rejected`,
 * `User han unknown`).
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
