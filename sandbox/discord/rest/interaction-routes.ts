/** `/interactions/{id}/{token}/callback`: the first answer to an interaction. */
import * as spec from 'discord-api-spec/zod';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { apiError } from '../api-error.ts';
import { createFormReport } from '../checks/form-errors.ts';
import { MessageFlag } from '../checks/message.ts';
import { checkModal } from '../checks/modal.ts';
import { assertSchema } from '../checks/schema.ts';
import type { Choice, Modal } from '../interface.ts';
import { blankMessage, completeComponents, type Upload, write } from '../messages.ts';
import type { State, StoredInteraction, StoredMessage } from '../model.ts';
import { renderMessage } from '../render/message.ts';
import { asObject, readBody } from './body.ts';
import { param, query } from './call.ts';
import { checkMessageBody, editMessage } from './message-body.ts';
import { apiPath } from './server.ts';
import { hasExpired } from './webhook-routes.ts';

/** Discord's interaction callback types. */
const Callback = {
  message: 4,
  deferredMessage: 5,
  deferredUpdate: 6,
  update: 7,
  choices: 8,
  modal: 9,
} as const;

/** Answers 204, or with `with_response=true` what the answer made. */
export function interactionRoutes(app: FastifyInstance, state: State): void {
  app.post(apiPath('/interactions/:interaction/:token/callback'), async (request, reply) => {
    const interaction = waitingInteraction(state, request);
    const { json, uploads } = await readBody(state, request, interaction);
    const body = asObject(json);
    const type = checkType(interaction, body['type']);
    // A second answer may have come in while this one's files were read.
    waitingInteraction(state, request);
    const message = answer(state, request, interaction, { type, data: body['data'], uploads });
    if (query(request)['with_response'] !== 'true') return reply.code(204).send();
    return {
      interaction: {
        id: interaction.id,
        type: interaction.type,
        ...(message
          ? {
              response_message_id: message.id,
              response_message_loading: (message.flags & MessageFlag.loading) !== 0,
              response_message_ephemeral: message.visibleTo !== null,
            }
          : {}),
      },
      ...(message ? { resource: { type, message: renderMessage(state, message) } } : {}),
    };
  });
}

function waitingInteraction(state: State, request: FastifyRequest): StoredInteraction {
  const interaction = state.interactions.get(param(request, 'interaction'));
  if (!interaction || interaction.token !== param(request, 'token')) {
    throw apiError('unknownInteraction');
  }
  if (interaction.state === 'acknowledged') throw apiError('alreadyAcknowledged');
  if (interaction.state === 'failed' || hasExpired(state, interaction)) {
    throw apiError('unknownInteraction');
  }
  return interaction;
}

/** Which first answers this interaction may have. */
function allowedTypes({ type, sourceMessageId }: StoredInteraction): number[] {
  const messages = [Callback.message, Callback.deferredMessage];
  const updates = [Callback.deferredUpdate, Callback.update];
  if (type === 4) return [Callback.choices];
  if (type === 3) return [...messages, ...updates, Callback.modal];
  if (type === 5) return sourceMessageId === null ? messages : [...messages, ...updates];
  return [...messages, Callback.modal];
}

function checkType(interaction: StoredInteraction, type: unknown): number {
  const allowed = allowedTypes(interaction);
  if (typeof type === 'number' && allowed.includes(type)) return type;
  const report = createFormReport();
  const message = `Value must be one of {${allowed.join(', ')}}.`;
  report.add(['type'], 'BASE_TYPE_CHOICES', message);
  report.throwIfAny();
  return 0;
}

/** Carries the answer out. The message that it wrote or changed, if any. */
function answer(
  state: State,
  request: FastifyRequest,
  interaction: StoredInteraction,
  { type, data, uploads }: { type: number; data: unknown; uploads: Upload[] },
): StoredMessage | null {
  const acknowledge = (ephemeral: boolean, change: Partial<StoredInteraction> = {}) => {
    Object.assign(interaction, change);
    interaction.state = 'acknowledged';
    const afterMs = performance.now() - interaction.startedAt;
    interaction.acknowledgement = { type, afterMs, ephemeral };
    state.saveInteraction(interaction);
  };
  const { warnings } = request.call;
  const prefix = ['data'];

  if (type === Callback.choices) {
    assertSchema(spec.ApplicationCommandAutocompleteCallbackRequestSchema, { type, data });
    acknowledge(true, { choices: (data as { choices?: Choice[] } | null)?.choices ?? [] });
    return null;
  }
  if (type === Callback.modal) {
    checkModal(data);
    const modal = data as Modal;
    const components = completeComponents(
      modal.components as never,
    ) as unknown as Modal['components'];
    acknowledge(true, { modal: { ...modal, components } });
    return null;
  }
  if (type === Callback.deferredUpdate || type === Callback.update) {
    const { sourceMessageId } = interaction;
    const source = sourceMessageId === null ? undefined : state.messages.get(sourceMessageId);
    if (type === Callback.update && data !== null && data !== undefined) {
      const schema = spec.IncomingWebhookUpdateForInteractionCallbackRequestPartialSchema;
      const body = checkMessageBody(schema, asObject(data), prefix);
      if (!source) throw apiError('unknownMessage');
      editMessage(state, request, source, { body, uploads, prefix, warnings });
    }
    acknowledge(source?.visibleTo != null, { originalId: sourceMessageId });
    return (sourceMessageId !== null && state.messages.get(sourceMessageId)) || null;
  }

  const schema = spec.IncomingWebhookInteractionRequestSchema;
  const body = checkMessageBody(schema, asObject(data ?? {}), prefix);
  const deferred = type === Callback.deferredMessage;
  const ephemeral =
    interaction.forcedEphemeral || ((body.flags ?? 0) & MessageFlag.ephemeral) !== 0;
  if (deferred && ((body.flags ?? 0) & ~MessageFlag.ephemeral) !== 0) {
    warnings.push('EPHEMERAL is the only flag that Discord reads on a defer');
  }
  const fromComponent = interaction.type === 3 && interaction.sourceMessageId !== null;
  const blank = blankMessage(state, {
    channelId: interaction.channelId,
    authorId: state.world.application.botUserId,
    type: fromComponent ? 19 : interaction.type === 2 ? commandMessageType(interaction) : 0,
    interaction,
    visibleTo: ephemeral ? interaction.userId : null,
    repliesTo: fromComponent ? interaction.sourceMessageId : null,
    flags: deferred ? MessageFlag.loading : 0,
  });
  const message = deferred
    ? blank
    : write(state, blank, { body, uploads, prefix, warnings }, 'create');
  request.call.messageId = message.id;
  interaction.originalId = message.id;
  // The message first: whoever hears of the answer finds what it made.
  state.saveMessage('create', message);
  acknowledge(ephemeral);
  return message;
}

function commandMessageType({ input }: StoredInteraction): number {
  return input.kind === 'slash' ? 20 : 23;
}
