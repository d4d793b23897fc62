/** What the server knows about one call while it is answered. */
import type { FastifyRequest } from 'fastify';
import { apiError } from '../api-error.ts';
import type { FaultEffect } from '../controls.ts';
import type { StoredInteraction } from '../model.ts';

/** Filled as the call goes on; the record is made of it. */
export interface Call {
  /** Epoch milliseconds by the wall clock. */
  at: number;
  startedAt: number;
  /** The fault that this call meets. */
  effect: FaultEffect | null;
  body: unknown;
  files: { field: string; name: string; size: number; contentType: string }[];
  interaction: StoredInteraction | null;
  messageId: string | null;
  code: number | null;
  warnings: string[];
}

declare module 'fastify' {
  interface FastifyRequest {
    call: Call;
  }
}

export function newCall(): Call {
  return {
    at: Date.now(),
    startedAt: performance.now(),
    effect: null,
    body: null,
    files: [],
    interaction: null,
    messageId: null,
    code: null,
    warnings: [],
  };
}

/** One value of the route's path. Throws 404 where the route has no such value. */
export function param(request: FastifyRequest, name: string): string {
  const value = (request.params as Record<string, string | undefined>)[name];
  if (value === undefined) throw apiError('notFound');
  return value;
}

/** The query's values; a repeated one is not expected. */
export function query(request: FastifyRequest): Record<string, string | undefined> {
  return request.query as Record<string, string | undefined>;
}

/**
 * Cuts the connection without an answer. By a reset: a client sees ECONNRESET, which discord.js
 * tries again, where after an orderly end it gives up.
 */
export function cut(request: FastifyRequest): void {
  request.raw.socket.resetAndDestroy();
}
