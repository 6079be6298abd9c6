import { lookup as resolve } from 'node:dns/promises';
import { type LookupAddress } from 'node:dns';
import { isPublicAddress } from '../domain/public-address.js';

/** The address to connect to. Throws when the name does not resolve, or when any of its addresses is not public. */
export async function reachableAddress(hostname: string, allowPrivate: boolean): Promise<LookupAddress> {
  const found = await resolve(hostname.replace(/^\[(.*)\]$/, '$1'), { all: true, verbatim: true });
  if (!allowPrivate && found.some((a) => !isPublicAddress(a.address)))
    throw new Error('the name does not resolve to public addresses only');
  const [first] = found;
  if (!first) throw new Error('the name does not resolve');
  return first;
}

/**
 * A `lookup` for sockets that checks the address the socket then connects to. If the socket looked the name up again after the check, the name
 * could change its answer in between (DNS rebinding).
 */
export function pinnedLookup(allowPrivate: boolean) {
  return (
    hostname: string,
    options: { all?: boolean | undefined },
    done: (error: Error | null, address: string | LookupAddress[], family?: number) => void,
  ): void => {
    reachableAddress(hostname, allowPrivate).then(
      (a) => (options.all ? done(null, [a]) : done(null, a.address, a.family)),
      (error: Error) => done(error, ''),
    );
  };
}
