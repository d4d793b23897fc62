/** What a person does on the page, as JSON over POST. Each answer is JSON; refusals have `error`. */
import type { FastifyInstance } from 'fastify';
import { ZodError } from 'zod';
import { MIB } from '../discord/controls.ts';
import type { InteractionInput } from '../discord/local-discord.ts';
import { NotPossible } from '../discord/local-discord.ts';
import { BotError, type Sandbox } from '../sandbox.ts';
import type { PanelControls } from './panel-controls.ts';
import {
  controlsBody,
  faultBody,
  interactionBody,
  postBody,
  removeBody,
  verbBody,
} from './schemas.ts';

/** Bytes of one uploaded file; beyond what any guild of the sandbox takes. */
const MAX_UPLOAD_BYTES = 100 * MIB;

export function actionRoutes(
  app: FastifyInstance,
  sandbox: Sandbox,
  controls: PanelControls,
): void {
  const { discord } = sandbox;

  // Uploads come as they are, with their name in the address: nothing to unpack.
  app.addContentTypeParser(
    'application/octet-stream',
    { parseAs: 'buffer', bodyLimit: MAX_UPLOAD_BYTES },
    (_request, body, done) => done(null, body),
  );

  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof NotPossible) {
      return reply.code(422).send({ error: sentence(error.message) });
    }
    if (error instanceof ZodError) {
      const where = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
      return reply.code(400).send({ error: where.join('; ') });
    }
    if (error instanceof BotError) return reply.code(502).send({ error: error.message });
    const { statusCode = 500, message = 'It went wrong.' } = error as Partial<
      Error & { statusCode: number }
    >;
    return reply.code(statusCode).send({ error: message });
  });

  app.get('/api/commands', (request) => {
    const { user = '', channel = '' } = request.query as Record<string, string>;
    return discord.offered(user, channel);
  });

  app.post('/api/interact', async (request) => {
    const { id } = await discord.interact(interactionBody.parse(request.body) as InteractionInput);
    return { id };
  });

  app.post('/api/upload', async (request) => {
    const { user = '', name = 'file', type } = request.query as Record<string, string>;
    const bytes = request.body instanceof Buffer ? request.body : Buffer.alloc(0);
    const contentType = type ? { contentType: type } : {};
    return await discord.upload(user, { name, bytes, ...contentType });
  });

  app.post('/api/post', async (request) => {
    const { fileIds, ...message } = postBody.parse(request.body);
    const files = await Promise.all(fileIds.map((id) => discord.file(id)));
    const { id } = await discord.post({ ...message, files });
    return { id };
  });

  app.post('/api/remove', (request) => {
    const { userId, messageId } = removeBody.parse(request.body);
    discord.remove(userId, messageId);
    return {};
  });

  app.post('/api/controls', (request) => {
    controls.set(controlsBody.parse(request.body) as Parameters<PanelControls['set']>[0]);
    return {};
  });

  app.post('/api/fault', (request, reply) => {
    if (controls.fault(faultBody.parse(request.body).name)) return {};
    return reply.code(404).send({ error: 'There is no such fault.' });
  });

  app.post('/api/perform', async (request) => {
    const { verb, amountMs } = verbBody.parse(request.body);
    await controls.perform(verb, amountMs);
    return {};
  });
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
