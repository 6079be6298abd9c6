/**
 * The client behind an address: an IPv4 address, or the /64 network of an IPv6 address. Every IPv6 subscriber has a /64 of his own, whose
 * 2⁶⁴ addresses would otherwise count as 2⁶⁴ clients.
 */
export function clientOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=[\d.]+$)/i, '');
  if (!plain.includes(':')) return plain;
  const [head = [], tail = []] = plain.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0');
  return [...head, ...zeros, ...tail]
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':');
}
