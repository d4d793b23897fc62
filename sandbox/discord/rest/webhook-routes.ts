/** `/webhooks/{application}/{token}`: what a bot does with an interaction's token. */
import * as spec from 'discord-api-spec/zod';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { apiError } from '../api-error.ts';
import { MessageFlag } from '../checks/message.ts';
import { blankMessage } from '../messages.ts';
import type { State, StoredInteraction, StoredMessage } from '../model.ts';
import { renderMessage } from '../render/message.ts';
import { param } from './call.ts';
import { editMessage, readMessageBody, writeMessage } from './message-body.ts';
import { apiPath } from './server.ts';

/** Where the application is installed for the user alone. */
const MAX_USER_INSTALL_FOLLOWUPS = 5;

/** Errors: 401 / 50027 for a dead token, 404 / 10015 before the first answer, 404 / 10008. */
export function webhookRoutes(app: FastifyInstance, state: State): void {
  const base = apiPath('/webhooks/:application/:token');

  app.post(base, async (request) => {
    const interaction = openInteraction(state, request);
    const original =
      interaction.originalId === null ? undefined : state.messages.get(interaction.originalId);
    const written = await readMessageBody(state, request, interaction, {
      schema: spec.IncomingWebhookInteractionRequestSchema,
    });
    // Documented, and deprecated: the first follow-up after a defer fills the deferred message.
    if (original && (original.flags & MessageFlag.loading) !== 0) {
      return editMessage(state, request, original, written);
    }
    if (interaction.userInstallOnly && interaction.followupsMade >= MAX_USER_INSTALL_FOLLOWUPS) {
      throw apiError('tooManyFollowups');
    }
    const isEphemeral = ((written.body.flags ?? 0) & MessageFlag.ephemeral) !== 0;
    const blank = blankMessage(state, {
      channelId: interaction.channelId,
      authorId: state.world.application.botUserId,
      type: original ? 19 : 0,
      interaction,
      visibleTo: isEphemeral || interaction.forcedEphemeral ? interaction.userId : null,
      repliesTo: original?.id ?? null,
      flags: 0,
    });
    interaction.followupsMade += 1;
    interaction.followupIds.push(blank.id);
    return writeMessage(state, request, blank, written);
  });

  app.get(`${base}/messages/:message`, async (request) => {
    const interaction = openInteraction(state, request);
    return renderMessage(state, ownMessage(state, interaction, request));
  });

  app.patch(`${base}/messages/:message`, async (request) => {
    const interaction = openInteraction(state, request);
    const isEphemeral = ownMessage(state, interaction, request).visibleTo !== null;
    const place = { ...interaction, isEphemeral };
    const written = await readMessageBody(state, request, place, {
      schema: spec.IncomingWebhookUpdateRequestPartialSchema,
    });
    // Looked up again: it may have been deleted while the upload came in.
    return editMessage(state, request, ownMessage(state, interaction, request), written);
  });

  app.delete(`${base}/messages/:message`, async (request, reply) => {
    const interaction = openInteraction(state, request);
    const message = ownMessage(state, interaction, request);
    request.call.messageId = message.id;
    state.deleteMessage(message.id);
    return reply.code(204).send();
  });
}

/** The interaction of the path's token, if it may still be used. */
function openInteraction(state: State, request: FastifyRequest): StoredInteraction {
  if (param(request, 'application') !== state.world.application.id) {
    throw apiError('unknownWebhook');
  }
  const interaction = state.interactionByToken(param(request, 'token'));
  if (!interaction || hasExpired(state, interaction)) throw apiError('invalidWebhookToken');
  // Discord knows no webhook for an interaction that was not answered yet.
  if (interaction.state !== 'acknowledged') throw apiError('unknownWebhook');
  return interaction;
}

/** By the injected clock and the control that ages tokens. */
export function hasExpired(state: State, interaction: StoredInteraction): boolean {
  const ageMs = state.now() - interaction.createdAt + interaction.agedByMs;
  return ageMs >= state.settings.interactionTokenLifetimeMs;
}

/** `@original`, or a message that this interaction's token wrote. */
function ownMessage(
  state: State,
  interaction: StoredInteraction,
  request: FastifyRequest,
): StoredMessage {
  const wanted = param(request, 'message');
  const id = wanted === '@original' ? interaction.originalId : wanted;
  const message = id === null ? undefined : state.messages.get(id);
  const own = id === interaction.originalId || message?.interactionId === interaction.id;
  if (!message || !own) throw apiError('unknownMessage');
  return message;
}
