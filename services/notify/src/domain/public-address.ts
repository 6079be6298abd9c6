import ipaddr from 'ipaddr.js';

/** Ports a receiver may listen on: anything else is more likely a service of ours than theirs. */
const PORTS = new Set(['', '443', '8443']);

/** An address anybody on the internet can reach; everything special (private, loopback, link-local, mapped, translated, documentation …) is not. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  // `process` unwraps ::ffff:10.0.0.1, which would otherwise be judged as IPv6.
  return ipaddr.process(address).range() === 'unicast';
}

/** The host of a URL when it is an address and needs no look-up. WHATWG URLs have already turned 2130706433 and 0x7f.1 into 127.0.0.1. */
export function literalAddress(url: URL): string | undefined {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return ipaddr.isValid(host) ? host : undefined;
}

/** What is wrong with the address of a webhook, before any name is looked up; undefined: nothing. */
export function urlMistake(text: string, allowPrivate: boolean): string | undefined {
  if (!URL.canParse(text)) return 'is not a URL';
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(allowPrivate && url.protocol === 'http:')) return 'must be https';
  if (url.username !== '' || url.password !== '') return 'must not hold credentials';
  if (url.hash !== '') return 'must not have a fragment';
  if (allowPrivate) return undefined;
  if (!PORTS.has(url.port)) return 'must use port 443 or 8443';
  const literal = literalAddress(url);
  if (literal !== undefined && !isPublicAddress(literal)) return 'must be a public address';
  if (literal === undefined && (!url.hostname.includes('.') || /(^|\.)(localhost|local|internal|home|lan)\.?$/.test(url.hostname)))
    return 'must be a public name';
  return undefined;
}
