/** `/channels/{id}/messages`: what the bot does with its own token and permissions. */

import * as spec from 'discord-api-spec/zod';
import { PermissionFlagsBits } from 'discord-api-types/v10';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { apiError } from '../api-error.ts';
import { createFormReport } from '../checks/form-errors.ts';
import { blankMessage, type Written } from '../messages.ts';
import type { State, StoredMessage } from '../model.ts';
import { channelPermissions, has, sendPermission } from '../permissions.ts';
import { renderMessage } from '../render/message.ts';
import { renderChannel } from '../render/places.ts';
import type { Channel } from '../world.ts';
import { param, query } from './call.ts';
import { editMessage, readMessageBody, writeMessage } from './message-body.ts';
import { apiPath } from './server.ts';

/** How long Discord remembers a nonce; it documents "the past few minutes". */
const NONCE_MEMORY_MS = 5 * 60_000;

const P = PermissionFlagsBits;

/** Errors by permission: 50001 where the bot sees nothing, 50013 where it may not. */
export function channelRoutes(app: FastifyInstance, state: State): void {
  const base = apiPath('/channels/:channel');
  const botId = state.world.application.botUserId;

  /** The channel, where the bot sees it and may do all of this. */
  const channelFor = (
    request: FastifyRequest,
    needed: (channel: Channel) => bigint = () => 0n,
  ): Channel => {
    const channel = state.channel(param(request, 'channel'));
    if (!channel) throw apiError('unknownChannel');
    const permissions = channelPermissions(state.world, channel, botId);
    if (!has(permissions, P.ViewChannel)) throw apiError('missingAccess');
    if (!has(permissions, needed(channel))) throw apiError('missingPermissions');
    return channel;
  };
  /** An ephemeral message stands in no channel. */
  const messageIn = (channel: Channel, request: FastifyRequest): StoredMessage => {
    const message = state.messages.get(param(request, 'message'));
    if (!message || message.channelId !== channel.id || message.visibleTo !== null) {
      throw apiError('unknownMessage');
    }
    return message;
  };
  const read = (
    request: FastifyRequest,
    channel: Channel,
    schema: typeof spec.MessageCreateRequestSchema,
  ) =>
    readMessageBody(
      state,
      request,
      { channelId: channel.id, guildId: channel.kind === 'guild' ? channel.guildId : null },
      { schema },
    );

  app.get(base, async (request) => renderChannel(state.world, channelFor(request)));
  app.post(`${base}/typing`, async (request, reply) => {
    channelFor(request, sendPermission);
    return reply.code(204).send();
  });

  app.get(`${base}/messages`, async (request) => {
    const channel = channelFor(request, () => P.ReadMessageHistory);
    return page(state, channel.id, query(request)).map((message) => renderMessage(state, message));
  });
  app.get(`${base}/messages/:message`, async (request) => {
    const channel = channelFor(request, () => P.ReadMessageHistory);
    return renderMessage(state, messageIn(channel, request));
  });

  app.post(`${base}/messages`, async (request) => {
    const channel = channelFor(request, sendPermission);
    const written = await read(request, channel, spec.MessageCreateRequestSchema);
    const permissions = channelPermissions(state.world, channel, botId);
    if (written.uploads.length > 0 && !has(permissions, P.AttachFiles)) {
      throw apiError('missingPermissions');
    }
    const { nonce, enforce_nonce: enforce, message_reference: reference } = written.body;
    const same = enforce && nonce != null ? withNonce(state, botId, channel.id, nonce) : undefined;
    if (same) {
      request.call.messageId = same.id;
      return renderMessage(state, same);
    }
    const repliesTo = repliedTo(state, channel.id, reference);
    const blank = blankMessage(state, {
      channelId: channel.id,
      authorId: botId,
      type: repliesTo === null ? 0 : 19,
      interaction: null,
      visibleTo: null,
      repliesTo,
      flags: 0,
    });
    return writeMessage(
      state,
      request,
      { ...blank, nonce: nonce ?? null },
      withoutEmbeds(written, permissions),
    );
  });

  app.patch(`${base}/messages/:message`, async (request) => {
    const channel = channelFor(request);
    if (messageIn(channel, request).authorId !== botId) throw apiError('notYourMessage');
    const written = await read(request, channel, spec.MessageEditRequestPartialSchema);
    const permissions = channelPermissions(state.world, channel, botId);
    if (written.uploads.length > 0 && !has(permissions, P.AttachFiles)) {
      throw apiError('missingPermissions');
    }
    // Looked up again: it may have been deleted while the upload came in.
    return editMessage(
      state,
      request,
      messageIn(channel, request),
      withoutEmbeds(written, permissions),
    );
  });

  app.delete(`${base}/messages/:message`, async (request, reply) => {
    const channel = channelFor(request);
    const message = messageIn(channel, request);
    const may =
      message.authorId === botId ||
      has(channelPermissions(state.world, channel, botId), P.ManageMessages);
    if (!may) throw apiError(channel.kind === 'guild' ? 'missingPermissions' : 'missingAccess');
    request.call.messageId = message.id;
    state.deleteMessage(message.id);
    return reply.code(204).send();
  });
}

/** Without Embed Links Discord drops the embeds in silence. */
function withoutEmbeds(written: Written, permissions: bigint): Written {
  if (!written.body.embeds?.length || has(permissions, P.EmbedLinks)) return written;
  written.warnings.push('the bot may not embed links here; Discord drops the embeds');
  return { ...written, body: { ...written.body, embeds: [] } };
}

function withNonce(state: State, authorId: string, channelId: string, nonce: string | number) {
  return [...state.messages.values()].find(
    (message) =>
      message.authorId === authorId &&
      message.channelId === channelId &&
      message.nonce !== null &&
      String(message.nonce) === String(nonce) &&
      state.now() - message.createdAt < NONCE_MEMORY_MS,
  );
}

function repliedTo(
  state: State,
  channelId: string,
  reference: Written['body']['message_reference'],
): string | null {
  if (!reference) return null;
  const message = state.messages.get(reference.message_id);
  if (message?.channelId === channelId && message.visibleTo === null) return message.id;
  if (reference.fail_if_not_exists === false) return null;
  const report = createFormReport();
  report.add(['message_reference'], 'REPLIES_UNKNOWN_MESSAGE', 'Unknown message');
  report.throwIfAny();
  return null;
}

/** Newest first, as Discord lists them. */
function page(state: State, channelId: string, asked: Record<string, string | undefined>) {
  const limit = Number(asked['limit'] ?? 50);
  const report = createFormReport();
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) {
    report.add(['limit'], 'NUMBER_TYPE_MAX', 'int value should be less than or equal to 100.');
    report.throwIfAny();
  }
  const all = [...state.messages.values()]
    .filter((message) => message.channelId === channelId && message.visibleTo === null)
    .sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? 1 : -1));
  const { before, after, around } = asked;
  if (before !== undefined) {
    return all.filter(({ id }) => BigInt(id) < BigInt(before)).slice(0, limit);
  }
  // The oldest ones after that message, still newest first.
  if (after !== undefined) {
    return all.filter(({ id }) => BigInt(id) > BigInt(after)).slice(-limit);
  }
  if (around !== undefined) {
    const middle = all.findIndex(({ id }) => BigInt(id) <= BigInt(around));
    const from = Math.max(0, (middle < 0 ? all.length : middle) - Math.floor(limit / 2));
    return all.slice(from, from + limit);
  }
  return all.slice(0, limit);
}
