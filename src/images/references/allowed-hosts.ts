/**
 * Whether an address may be fetched, given a list of `host`, `host:port` or `scheme://host:port`.
 * Only https, unless the entry says http, or names a loopback host outright (for local servers).
 * An address with a user name or password in it is never allowed.
 */
export function isAllowedUrl(url: URL, allowed: readonly string[]): boolean {
  if (url.username !== '' || url.password !== '') return false;
  return allowed.some((entry) => {
    const match = /^(?:(https?):\/\/)?(\[[^\]]+\]|[^:/]+)(?::(\d+))?$/i.exec(entry);
    if (!match) return false;
    const [, scheme, host = '', port] = match;
    if (url.hostname.toLowerCase() !== host.toLowerCase()) return false;
    const defaultPort = url.protocol === 'https:' ? '443' : '80';
    if (port !== undefined && port !== (url.port || defaultPort)) return false;
    // A bare host means its standard port, except on loopback, where ports are handed out.
    if (port === undefined && url.port !== '' && !isLoopbackHost(host)) return false;
    if (scheme !== undefined) return url.protocol === `${scheme.toLowerCase()}:`;
    return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(host));
  });
}

/** Whether a URL's `hostname` never leaves this machine. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}
