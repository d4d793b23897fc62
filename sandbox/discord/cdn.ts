/** Where attachments are downloaded: signed addresses that expire, as on Discord's CDN. */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { FaultInjector } from './fault-injector.ts';
import type { State } from './model.ts';
import { query } from './rest/call.ts';

const GONE = 'This content is no longer available.';

/** Answers 404 for a wrong or expired signature as for an unknown file, as Discord does. */
export function cdnRoutes(app: FastifyInstance, state: State, faultInjector: FaultInjector): void {
  // The media proxy stands below /media with the same signatures.
  for (const base of ['', '/media']) {
    for (const folder of ['attachments', 'ephemeral-attachments']) {
      app.get(`${base}/${folder}/:place/:file/:name`, async (request, reply) => {
        const { place, file: id, name } = request.params as Record<string, string>;
        const path = `/${folder}/${place}/${id}/${name}`;
        const file = id === undefined ? null : state.files.get(id);
        if (!file || file.urlPath !== path || !state.signer.allows(path, query(request))) {
          return reply.code(404).type('text/plain').send(GONE);
        }
        const headers = {
          'content-type': file.contentType,
          'content-length': file.size,
          'cache-control': 'private, max-age=31536000',
          'last-modified': new Date(state.now()).toUTCString(),
          etag: `"${file.sha256.slice(0, 32)}"`,
        };
        if (request.method === 'HEAD') {
          // Written by hand, because the framework would make the length of nothing 0.
          reply.hijack();
          reply.raw.writeHead(200, headers).end();
          return reply;
        }
        const effect = faultInjector.take({
          method: 'GET',
          route: `${base}/${folder}/`,
          interactionId: null,
          upload: false,
          autocomplete: false,
          file: file.name,
        });
        const content = createReadStream(file.path);
        const isSlow = effect?.kind === 'slow-download';
        return reply.headers(headers).send(isSlow ? drip(content, effect.pauseMs) : content);
      });
    }
  }
}

/** A file one byte at a time. Its pauses keep no process alive. */
function drip(content: AsyncIterable<Buffer>, pauseMs: number): Readable {
  return Readable.from(
    (async function* () {
      for await (const chunk of content) {
        for (const byte of chunk) {
          yield Buffer.of(byte);
          await delay(pauseMs, undefined, { ref: false });
        }
      }
    })(),
  );
}
