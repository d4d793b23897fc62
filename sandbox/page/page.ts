/**
 * The sandbox's page: a Discord channel in a browser, on this machine only. It serves plain modules
 * without their comments, tells of everything that happens (`feed.ts`) and does what people do (`actions.ts`).
 */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import Fastify, { type FastifyInstance } from 'fastify';
import type { LocalDiscord } from '../discord/local-discord.ts';
import type { Sandbox } from '../sandbox.ts';
import { actionRoutes } from './actions.ts';
import { createFeed, type Feed } from './feed.ts';
import { isToken, refusalOf, SECURITY_HEADERS, TOKEN_HEADER } from './guard.ts';
import { createPanelControls } from './panel-controls.ts';

export interface Page {
  /** `http://127.0.0.1:PORT/`, for a browser. */
  url: string;
  close(): Promise<void>;
}

const BROWSER_FILES = fileURLToPath(new URL('browser/', import.meta.url));

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** What a browser may show in place; anything else is only ever downloaded. */
const SHOWN_IN_PLACE = /^image\/(?:png|jpeg|webp|gif|avif)$/;

/** Starts it on 127.0.0.1; a free port when `port` is left out or 0. */
export async function startPage(sandbox: Sandbox, { port = 0 } = {}): Promise<Page> {
  const token = randomBytes(24).toString('base64url');
  const app = Fastify({ forceCloseConnections: true, routerOptions: { maxParamLength: 300 } });
  const feed: Feed = createFeed(sandbox, () => controls.view());
  const controls = createPanelControls(sandbox, () => feed.controlsChanged());

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    const refusal = refusalOf(request.headers);
    if (refusal !== null) return reply.code(403).send({ error: refusal });
    // By the route that was found: its address can be written in many ways.
    if (request.routeOptions.url?.startsWith('/api/') !== true) return undefined;
    // An event stream cannot carry a header.
    const given = request.headers[TOKEN_HEADER] ?? (request.query as { token?: string }).token;
    if (isToken(given, token)) return undefined;
    return reply.code(401).send({ error: 'The sandbox was started anew: reload the page.' });
  });

  await browserFiles(app, token, sandbox.description.name);
  pictureRoutes(app, sandbox.discord);
  actionRoutes(app, sandbox, controls);
  app.get('/api/events', (request, reply) => {
    const { user } = request.query as { user?: string };
    const { people, users } = sandbox.discord.world;
    const known = users.find(({ id, username, bot }) => !bot && (id === user || username === user));
    reply.hijack();
    feed.open(reply.raw, (known ?? people.member).id);
  });

  const close = async (): Promise<void> => {
    feed.close();
    await app.close();
  };
  try {
    await app.listen({ host: '127.0.0.1', port });
  } catch (error) {
    await close();
    throw error;
  }
  const { port: taken } = app.server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${taken}/`, close };
}

/** Every file of the browser's folder by its name, and the page itself with its token. */
async function browserFiles(app: FastifyInstance, token: string, name: string): Promise<void> {
  const files = (await readdir(BROWSER_FILES)).filter((file) => extname(file) in TYPES);
  const fill = (text: string): string =>
    text.replace('{{token}}', token).replace('{{bot}}', () => escapeHtml(name));
  for (const file of files) {
    app.get(file === 'index.html' ? '/' : `/${file}`, async (request, reply) => {
      // Read anew each time: whoever works on the page only reloads it.
      const text = await readFile(`${BROWSER_FILES}${file}`, 'utf8');
      const body = slim(file === 'index.html' ? fill(text) : text);
      const zipped = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
      return reply
        .header('content-type', TYPES[extname(file)])
        .header('cache-control', 'no-store')
        .headers(zipped ? { 'content-encoding': 'gzip' } : {})
        .send(zipped ? gzipSync(body) : body);
    });
  }
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A comment that fills its lines, or one with code beside it that only names a type. */
const COMMENTS = /^[ \t]*(?:\/\*[\s\S]*?\*\/|\/\/.*)[ \t]*\n|\/\*\* @(?:type|param) [^*]*\*\/ ?/gm;

/** Without comments, indentation and empty lines, which are for those who read the sources. */
function slim(text: string): string {
  return text
    .replace(COMMENTS, '')
    .replace(/^[ \t]+/gm, '')
    .replace(/\n{2,}/g, '\n');
}

/** Files of messages, from the page's own origin, so that one forwarded port is enough. */
function pictureRoutes(app: FastifyInstance, discord: LocalDiscord): void {
  app.get('/files/:id/:name', async (request, reply) => {
    const { id = '' } = request.params as Record<string, string>;
    const file = await discord.file(id).catch(() => null);
    if (file === null) return reply.code(404).send({ error: 'There is no such file.' });
    const asPicture = SHOWN_IN_PLACE.test(file.contentType);
    return reply
      .headers({
        // A file is never a document of this origin: whoever wrote it would hold the page's token.
        'content-security-policy': "default-src 'none'; sandbox",
        'content-type': asPicture ? file.contentType : 'application/octet-stream',
        'content-length': file.size,
        'content-disposition': asPicture ? 'inline' : 'attachment',
        'cache-control': 'private, max-age=31536000, immutable',
      })
      .send(createReadStream(file.path));
  });
}
