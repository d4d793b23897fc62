import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RestRecord } from '../interface.ts';

/** The record of a call that has ended, with no token in it. */
export function recordOf(
  request: FastifyRequest,
  reply: FastifyReply,
  route: string | null,
): RestRecord {
  const { call } = request;
  const { token } = request.params as { token?: string };
  // discord.js writes `@original` percent-encoded.
  const path = request.url.replaceAll('%40', '@');
  return {
    at: call.at,
    ms: performance.now() - call.startedAt,
    method: request.method,
    route,
    path: token === undefined ? path : path.replaceAll(token, ':token'),
    // Without a finished answer the client has seen none, whatever code was meant for it.
    status: reply.raw.writableFinished ? reply.raw.statusCode : 0,
    code: call.code,
    body: call.body,
    files: call.files,
    interactionId: call.interaction?.id ?? null,
    messageId: call.messageId,
    warnings: call.warnings,
  };
}
