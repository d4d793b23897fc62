/** Carries out the fault that was chosen for a call, before the body is read, after it, and in place of the answer. */
import { setTimeout } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { drain } from './body.ts';
import { cut } from './call.ts';
import { answerLimited, type Bucket, bucketHash } from './rate-limits.ts';

/** Before anything of the body was read. Its wait keeps no process alive, as none here does. The reply when it was answered, as fastify wants it. */
export async function applyFaultOnArrival(
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const { effect } = request.call;
  if (effect?.kind === 'delay' && effect.when !== 'after-effect')
    await setTimeout(effect.ms, undefined, { ref: false });
  if (effect?.kind === 'drop' && effect.when === 'before-body') {
    cut(request);
    return reply.hijack();
  }
  if (effect?.kind === 'answer' && (effect.when ?? 'before-body') === 'before-body') {
    return reply.code(effect.status).send(faultBody(reply, effect.body));
  }
  return undefined;
}

/** In place of the route, with the body taken in. */
export async function applyFaultAfterBody(
  request: FastifyRequest,
  reply: FastifyReply,
  bucket: Bucket | null,
): Promise<FastifyReply | undefined> {
  const { effect } = request.call;
  if (effect?.kind === 'answer' && effect.when === 'after-body') {
    await drain(request);
    return reply.code(effect.status).send(faultBody(reply, effect.body));
  }
  if (effect?.kind !== 'rate-limit') return undefined;
  await drain(request);
  const { retryAfterMs, scope = 'user' } = effect;
  // A global limit says nothing about the bucket.
  if (bucket && scope !== 'global') {
    reply.headers({
      'x-ratelimit-limit': String(bucket.size.limit),
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': ((Date.now() + retryAfterMs) / 1000).toFixed(3),
      'x-ratelimit-reset-after': (retryAfterMs / 1000).toFixed(3),
      'x-ratelimit-bucket': bucketHash(bucket.name),
    });
  }
  return answerLimited(reply, { retryAfterMs, scope });
}

/** When the route has done its work. What to send in place of its answer, or that answer. */
export async function applyFaultOnResponse(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<unknown> {
  const { effect } = request.call;
  if (effect && 'when' in effect && effect.when === 'after-effect') {
    if (effect.kind === 'delay') await setTimeout(effect.ms, undefined, { ref: false });
    if (effect.kind === 'drop') cut(request);
    if (effect.kind === 'answer') {
      reply.code(effect.status);
      return faultBody(reply, effect.body);
    }
  }
  // An answer that comes before the whole body was read makes some clients drop the connection.
  if (request.isMultipart() && effect?.kind !== 'answer') await drain(request);
  return payload;
}

/** A text goes as a page, anything else as JSON. */
function faultBody(reply: FastifyReply, body: unknown): string {
  if (typeof body === 'string') {
    reply.type('text/html; charset=utf-8');
    return body;
  }
  reply.type('application/json; charset=utf-8');
  return JSON.stringify(body ?? { message: 'The local Discord was told to fail.', code: 0 });
}
