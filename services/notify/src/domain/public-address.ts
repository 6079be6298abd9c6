import ipaddr from 'ipaddr.js';

/** Ports a receiver may listen on: any other port more likely belongs to a service of our own network. */
const PORTS = new Set(['', '443', '8443']);

/** IPv6 prefixes whose last 32 bits are an IPv4 address that is really connected to: mapped (RFC 4291) and NAT64 (RFC 6052). */
const MAPPED = ipaddr.IPv6.parseCIDR('::ffff:0:0/96');
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');
/** The IPv6 range from which IANA allocates addresses. It leaves out the other forms that hold an IPv4 address: compatible, translated and the local NAT64 prefix. */
const GLOBAL = ipaddr.IPv6.parseCIDR('2000::/3');
/** The parts of it that are no address of one host: protocols with Teredo, documentation (twice), 6to4. */
const SPECIAL = ['2001::/23', '2001:db8::/32', '3fff::/20', '2002::/16'].map((prefix) => ipaddr.IPv6.parseCIDR(prefix));

/**
 * Whether the address can be reached from the public internet: no private, loopback, link-local, translated or documentation address, in whatever form
 * an IPv6 address holds an IPv4 one. An IPv6-only network reaches public IPv4 hosts through NAT64, so there the IPv4 address is examined.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  return parsed instanceof ipaddr.IPv6 ? isPublicV6(parsed) : parsed.range() === 'unicast';
}

function isPublicV6(address: ipaddr.IPv6): boolean {
  if (address.zoneId !== undefined) return false;
  if (address.match(MAPPED) || address.match(NAT64)) return new ipaddr.IPv4(address.toByteArray().slice(12)).range() === 'unicast';
  return address.match(GLOBAL) && !SPECIAL.some((prefix) => address.match(prefix)) && !isIsatap(address);
}

// RFC 5214: any prefix, then 0:5efe or 200:5efe, then the IPv4 address of a host inside the site.
function isIsatap({ parts }: ipaddr.IPv6): boolean {
  return (parts[4] === 0 || parts[4] === 0x200) && parts[5] === 0x5efe;
}

/** The host of a URL when it is an address, which needs no look-up. WHATWG URLs have already turned 2130706433 and 0x7f.1 into 127.0.0.1. */
export function literalAddress(url: URL): string | undefined {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return ipaddr.isValid(host) ? host : undefined;
}

/** Why a webhook may not have this address, as far as is known before a name is resolved; undefined when it may. */
export function urlMistake(text: string, allowPrivate: boolean): string | undefined {
  if (!URL.canParse(text)) return 'is not a URL';
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(allowPrivate && url.protocol === 'http:')) return 'must be https';
  if (url.username !== '' || url.password !== '') return 'must not hold credentials';
  if (url.hash !== '') return 'must not have a fragment';
  if (allowPrivate) return undefined;
  if (!PORTS.has(url.port)) return 'must use port 443 or 8443';
  const literal = literalAddress(url);
  if (literal !== undefined) return isPublicAddress(literal) ? undefined : 'must be a public address';
  if (!url.hostname.replace(/\.$/, '').includes('.') || /(^|\.)(localhost|local|internal|home|lan)\.?$/.test(url.hostname))
    return 'must be a public name';
  return undefined;
}
