/** The HTTP server: REST v10 below /api/v10, the CDN beside it. */
import multipart from '@fastify/multipart';
import { InteractionType } from 'discord-api-types/v10';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify';
import { ApiError, apiError } from '../api-error.ts';
import { MIB } from '../controls.ts';
import type { FaultInjector } from '../fault-injector.ts';
import type { State } from '../model.ts';
import { applyFaultAfterBody, applyFaultOnArrival, applyFaultOnResponse } from './apply-fault.ts';
import { drain, HtmlAnswer } from './body.ts';
import { type Call, newCall } from './call.ts';
import { answerLimited, type Bucket, bucketOf, type RateLimits } from './rate-limits.ts';
import { recordOf } from './record.ts';

/** Where the API stands below the origin; discord.js appends `/v10`. */
export const API_BASE = '/api';
const PREFIX = `${API_BASE}/v10`;

/** What the hooks around every route need. */
export interface ServerDeps {
  state: State;
  botToken: string;
  faultInjector: FaultInjector;
  limits: RateLimits;
}

/** Routes that are open to whoever knows an interaction's token, or to everyone. */
const WITHOUT_BOT_TOKEN = ['/webhooks/:application/:token', '/interactions/', '/gateway'];

/** The server without its routes: record, faults, token, rate limits, errors. */
export async function createServer({
  state,
  botToken,
  faultInjector,
  limits,
}: ServerDeps): Promise<FastifyInstance> {
  const app = Fastify({
    bodyLimit: 8 * MIB,
    // A bot that hangs must not keep a test from ending.
    forceCloseConnections: true,
    exposeHeadRoutes: true,
    routerOptions: { maxParamLength: 500 },
  });
  // Files are measured against the place's limit later; this bound only protects the disk.
  await app.register(multipart, {
    limits: { fileSize: 512 * MIB, fieldSize: 8 * MIB, files: 20 },
    throwFileSizeLimit: false,
  });
  app.decorateRequest('call');

  app.addHook('onRequest', async (request, reply) => {
    request.call = newCall();
    if (!isApi(request)) return undefined;
    const { call } = request;
    const route = routeOf(request);
    call.interaction = interactionOf(state, request);
    call.effect = faultInjector.take({
      method: request.method,
      route,
      interactionId: call.interaction?.id ?? null,
      upload: request.headers['content-type']?.startsWith('multipart/') === true,
      autocomplete: call.interaction?.type === InteractionType.ApplicationCommandAutocomplete,
      file: null,
    });
    // The close comes for every call, also where the client is gone before its answer.
    reply.raw.once('close', () => state.events.emit('rest', recordOf(request, reply, route)));

    return applyFaultOnArrival(request, reply);
  });

  app.addHook('preHandler', async (request, reply) => {
    if (!isApi(request)) return undefined;
    const { call } = request;
    const route = routeOf(request);
    if (!request.isMultipart()) call.body = request.body ?? null;
    if (route === null) return undefined;

    const open = WITHOUT_BOT_TOKEN.some((start) => route.startsWith(start));
    if (
      (!open || route === '/gateway/bot') &&
      request.headers.authorization !== `Bot ${botToken}`
    ) {
      throw apiError('unauthorized');
    }
    const answered = await applyFaultAfterBody(
      request,
      reply,
      bucketOf(route, request, state.settings),
    );
    if (answered || !state.settings.rateLimits) return answered;
    // Interactions are exempt from the global limit.
    const buckets: (Bucket | null)[] = [
      open ? null : { name: 'global', key: '', size: state.settings.globalBucket },
      bucketOf(route, request, state.settings),
    ];
    for (const bucket of buckets) {
      const limited = bucket && limits.take(bucket);
      if (!limited) continue;
      await drain(request);
      const scope = bucket.name === 'global' ? 'global' : limited.scope;
      return answerLimited(reply, { ...limited, scope });
    }
    return undefined;
  });

  app.addHook('onSend', async (request, reply, payload) => {
    if (!isApi(request)) return payload;
    const route = routeOf(request);
    const bucket = route === null ? null : bucketOf(route, request, state.settings);
    if (bucket && state.settings.rateLimits && !reply.hasHeader('x-ratelimit-bucket')) {
      reply.headers(limits.headers(bucket));
    }
    return applyFaultOnResponse(request, reply, payload);
  });

  app.setErrorHandler((error: FastifyError | ApiError | HtmlAnswer, request, reply) => {
    if (error instanceof HtmlAnswer) {
      return reply.code(error.status).type('text/html').send(error.html);
    }
    const known = error instanceof ApiError ? error : fromFastify(error);
    if (known === null) {
      request.call.warnings.push(`the local Discord failed: ${error.stack ?? error.message}`);
      return reply.code(500).send({ message: '500: Internal Server Error', code: 0 });
    }
    request.call.code = known.code;
    return reply.code(known.status).send(known.toJSON());
  });

  app.setNotFoundHandler((_request, reply) => {
    const error = apiError('notFound');
    return reply.code(error.status).send(error.toJSON());
  });
  return app;
}

/** Registers routes of the API by their path without host and version. */
export function apiPath(path: string): string {
  return `${PREFIX}${path}`;
}

function isApi(request: FastifyRequest): boolean {
  return request.url.startsWith(`${API_BASE}/`);
}

/** The template of the route that answers this call, or null; `@original` stays visible. */
function routeOf(request: FastifyRequest): string | null {
  const url = request.routeOptions.url;
  if (!url?.startsWith(PREFIX)) return null;
  const original = (request.params as { message?: string }).message === '@original';
  const route = url.slice(PREFIX.length);
  return original ? route.replace(':message', '@original') : route;
}

function interactionOf(state: State, request: FastifyRequest): Call['interaction'] {
  const { token } = request.params as { token?: string };
  return token === undefined ? null : state.interactionByToken(token);
}

function fromFastify(error: Error & { code?: unknown; statusCode?: number }): ApiError | null {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return apiError('requestTooLarge');
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new ApiError(415, 0, '415: Unsupported Media Type');
  }
  if (error.statusCode !== undefined && error.statusCode < 500) return apiError('invalidJson');
  return null;
}
