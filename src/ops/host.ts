import { isIP, isIPv6 } from 'node:net';

/** A host and perhaps a port, as `Host` has them (RFC 9110, 7.2); an IPv6 address is in brackets. */
const HOST = /^(?:\[(?<address>[^\]]+)\]|(?<name>[^:[\]]+))(?::\d*)?$/;

/**
 * Whether a request may be answered by what its `Host` says. A site that points its own name at this
 * machine (DNS rebinding) gets a browser to ask here, but always under that name. So addresses and
 * `localhost` pass, which nobody else's name can be, and the names that the operator gave.
 *
 * @param host The header; undefined where there is none, as in HTTP/1.0. A browser always sends one.
 * @param names In lower case, without a port.
 */
export function isKnownHost(host: string | undefined, names: readonly string[]): boolean {
  if (host === undefined) return true;
  const { address, name } = HOST.exec(host)?.groups ?? {};
  if (address !== undefined) return isIPv6(address);
  // A dot at the end makes a name absolute; it is the same name.
  const plain = name?.toLowerCase().replace(/\.$/, '') ?? '';
  return isIP(plain) === 4 || plain === 'localhost' || names.includes(plain);
}
