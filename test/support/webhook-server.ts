import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request that a test has in its hands, and answers when it likes. */
export interface Exchange {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  // biome-ignore lint/suspicious/noExplicitAny: a body is read member by member in assertions
  json: any;
  files: { name: string; type: string; bytes: Buffer }[];
  respond(status: number, body?: unknown, headers?: Record<string, string>): void;
  /** The message that Discord would answer: its embeds show their files by their addresses. */
  message(): Record<string, unknown>;
  /** Breaks the connection without an answer. */
  hangUp(): void;
}

/** Rate-limit headers as Discord sends them. */
export function bucket(remaining: number, resetAfterSeconds: number): Record<string, string> {
  return {
    'x-ratelimit-limit': '5',
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset-after': String(resetAfterSeconds),
    'x-ratelimit-bucket': 'webhooks',
  };
}

/** A server that holds every request until the test answers it, so that time is the test's own. */
export async function startWebhookServer() {
  const waiting: Exchange[] = [];
  const takers: ((exchange: Exchange) => void)[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const sent = await readBody(request, Buffer.concat(chunks));
    const exchange: Exchange = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      ...sent,
      message: () => messageOf(sent),
      respond(status, body = request.method === 'DELETE' ? '' : messageOf(sent), headers = {}) {
        const raw = typeof body === 'string' || Buffer.isBuffer(body);
        response.writeHead(status, {
          'content-type': raw ? 'text/html' : 'application/json',
          ...headers,
        });
        response.end(raw ? body : JSON.stringify(body));
      },
      hangUp: () => void request.socket.destroy(),
    };
    const taker = takers.shift();
    if (taker) taker(exchange);
    else waiting.push(exchange);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    apiUrl: `http://127.0.0.1:${port}/api`,
    origin: `http://127.0.0.1:${port}`,
    /** Requests that arrived and were not taken yet. */
    waiting,
    next: (): Promise<Exchange> => {
      const first = waiting.shift();
      return first ? Promise.resolve(first) : new Promise((resolve) => takers.push(resolve));
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Discord takes a file that an embed shows out of the list of attachments. */
function messageOf({ json, files }: Pick<Exchange, 'json' | 'files'>) {
  const urlOf = (name: string) =>
    `https://cdn.discordapp.com/attachments/200000000000000001/900000000000000002/${name}?ex=1`;
  const embeds = JSON.stringify(json?.embeds ?? []).replace(
    /"attachment:\/\/([^"]+)"/g,
    (whole, name) => (files.some((file) => file.name === name) ? `"${urlOf(name)}"` : whole),
  );
  const attachments = files
    .filter(({ name }) => !embeds.includes(urlOf(name)))
    .map(({ name }) => ({ id: '900000000000000002', filename: name, url: urlOf(name) }));
  return { id: '900000000000000001', embeds: JSON.parse(embeds), attachments };
}

async function readBody(request: IncomingMessage, bytes: Buffer) {
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/')) {
    return { json: bytes.length > 0 ? JSON.parse(bytes.toString()) : null, files: [] };
  }
  const form = await new Response(new Uint8Array(bytes), {
    headers: { 'content-type': type },
  }).formData();
  const files: Exchange['files'] = [];
  for (const [, value] of form) {
    if (typeof value === 'string') continue;
    files.push({
      name: value.name,
      type: value.type,
      bytes: Buffer.from(await value.arrayBuffer()),
    });
  }
  return { json: JSON.parse(String(form.get('payload_json'))), files };
}
