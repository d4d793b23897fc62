/** From a call with a message in its body to the message, checked, stored and answered. */
import type { APIMessage } from 'discord-api-types/v10';
import type { FastifyRequest } from 'fastify';
import type { $ZodType } from 'zod/v4/core';
import { apiError } from '../api-error.ts';
import { createFormReport } from '../checks/form-errors.ts';
import { checkMessage, type MessageBody, MessageFlag } from '../checks/message.ts';
import { checkSchema } from '../checks/schema.ts';
import { type Written, write } from '../messages.ts';
import type { State, StoredMessage } from '../model.ts';
import { renderMessage } from '../render/message.ts';
import { asObject, type FilePlace, readBody } from './body.ts';

/** Reads and checks. Throws 413 / 40005 and 400 / 50035. */
export async function readMessageBody(
  state: State,
  request: FastifyRequest,
  place: FilePlace,
  { schema }: { schema: $ZodType },
): Promise<Written> {
  const { json, uploads } = await readBody(state, request, place);
  const body = checkMessageBody(schema, asObject(json));
  if (isBlocked(body, state.settings.blockedWords)) {
    await Promise.all(uploads.map(({ entry }) => state.files.discard(entry.id)));
    throw apiError('blockedByAutoMod');
  }
  return {
    body,
    uploads,
    prefix: [],
    warnings: request.call.warnings,
  };
}

/** Whether anything that a person could read of a message holds one of the words. */
function isBlocked(
  { content, embeds, attachments }: MessageBody,
  words: readonly string[],
): boolean {
  const text = JSON.stringify([content, embeds, attachments]).toLowerCase();
  return words.some((word) => text.includes(word.toLowerCase()));
}

/** `prefix` is where the message stands in the call's body. */
export function checkMessageBody(
  schema: $ZodType,
  body: Record<string, unknown>,
  prefix: readonly string[] = [],
): MessageBody {
  const report = createFormReport(prefix);
  checkSchema(schema, body, report);
  report.throwIfAny();
  checkMessage(body as MessageBody, report);
  report.throwIfAny();
  return body as MessageBody;
}

/** Fills a new message, keeps it, and gives it as the API shows it. */
export function writeMessage(
  state: State,
  request: FastifyRequest,
  blank: StoredMessage,
  written: Written,
): APIMessage {
  const message = write(state, blank, written, 'create');
  request.call.messageId = message.id;
  state.saveMessage('create', message);
  return renderMessage(state, message);
}

/** Changes a message. The first words of a deferred one are no edit. */
export function editMessage(
  state: State,
  request: FastifyRequest,
  message: StoredMessage,
  written: Written,
): APIMessage {
  const wasLoading = (message.flags & MessageFlag.loading) !== 0;
  const changed: StoredMessage = {
    ...write(state, message, written, 'edit'),
    editedAt: wasLoading ? null : state.now(),
  };
  changed.flags &= ~MessageFlag.loading;
  request.call.messageId = message.id;
  state.saveMessage('update', changed);
  return renderMessage(state, changed);
}
