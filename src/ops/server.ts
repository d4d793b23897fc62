import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, isIP, isIPv6 } from 'node:net';
import type { Registry } from 'prom-client';
import type { Check } from './health.ts';

export interface OpsServerDeps {
  host: string;
  /** 0 for a free one. */
  port: number;
  /** Names that this server is asked under, beside its addresses and `localhost`. */
  names: readonly string[];
  registry: Registry;
  /** The newest results; may be some seconds old. */
  checks: () => Promise<Check[]>;
  /** Why the process is about to end by itself; null while it is not. */
  failure?: () => string | null;
}

export interface OpsServer {
  /** As host:port. */
  address: string;
  close(): Promise<void>;
}

/** RFC 9110, 15.5.20: this server does not answer under that name. */
const MISDIRECTED = 421;
const UNKNOWN_HOST = 'Ask by IP address, as localhost, or by a name that OPS_HOSTS holds.\n';

/** A scraper that does not read must not hold a connection for ever. */
const TIMEOUT_MS = 10_000;

/**
 * Serves `/healthz` (200 while the process turns and means to go on), `/readyz` (503 while it cannot
 * serve, with the reasons as JSON) and `/metrics`. No secret and nobody's id is in any of them.
 * Answers to addresses, `localhost` and `names` alone; anything else gets 421.
 *
 * @throws Error that names the setting, where the address cannot be had.
 */
export async function startOpsServer(deps: OpsServerDeps): Promise<OpsServer> {
  const { host, port } = deps;
  const server = createServer({ requestTimeout: TIMEOUT_MS }, createListener(deps));
  server.setTimeout(TIMEOUT_MS);
  server.listen({ host, port });
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Error(`OPS_PORT ${port} on ${host} cannot be had (${code}): choose another.`);
  }
  const address = server.address() as AddressInfo;
  const shownHost = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    address: `${shownHost}:${address.port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function createListener({ registry, checks, failure, ...deps }: OpsServerDeps): RequestListener {
  const names = [...deps.names, deps.host].map((name) => name.toLowerCase());

  async function answer(path: string): Promise<{ status: number; type: string; body: string }> {
    if (path === '/healthz') {
      const why = failure?.() ?? null;
      if (why !== null) return { status: 503, type: 'text/plain; charset=utf-8', body: `${why}\n` };
      return { status: 200, type: 'text/plain', body: 'ok\n' };
    }
    if (path === '/readyz') {
      const results = await checks();
      const ready = results.every(({ state }) => state !== 'fail');
      const body = `${JSON.stringify({ ready, checks: results }, null, 2)}\n`;
      return { status: ready ? 200 : 503, type: 'application/json', body };
    }
    if (path === '/metrics') {
      return { status: 200, type: registry.contentType, body: await registry.metrics() };
    }
    return { status: 404, type: 'text/plain', body: 'There are /healthz, /readyz and /metrics.\n' };
  }

  return (request, response) => {
    // Node keeps the first of several; which of them was meant nobody can tell.
    const hosts = request.headersDistinct['host'] ?? [];
    if (hosts.length > 1 || !isKnownHost(hosts[0], names)) {
      response.writeHead(MISDIRECTED, { 'content-type': 'text/plain' }).end(UNKNOWN_HOST);
      return;
    }
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead) {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    const [path = ''] = (request.url ?? '').split('?', 1);
    answer(path).then(
      ({ status, type, body }) => {
        response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
        response.end(request.method === 'HEAD' ? undefined : body);
      },
      () => response.writeHead(500).end(),
    );
  };
}

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
function isKnownHost(host: string | undefined, names: readonly string[]): boolean {
  if (host === undefined) return true;
  const { address, name } = HOST.exec(host)?.groups ?? {};
  if (address !== undefined) return isIPv6(address);
  // A dot at the end makes a name absolute; it is the same name.
  const plain = name?.toLowerCase().replace(/\.$/, '') ?? '';
  return isIP(plain) === 4 || plain === 'localhost' || names.includes(plain);
}
