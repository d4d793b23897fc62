import * as spec from 'discord-api-spec/zod';
import { checkMessageBody } from '../rest/message-body.ts';

/** Throws the 400 / 50035 that Discord answers when an interaction's reply is edited to this body. */
export function checkReplyEdit(body: object): void {
  const schema = spec.IncomingWebhookUpdateForInteractionCallbackRequestPartialSchema;
  checkMessageBody(schema, { ...body });
}
