/** What the page may send. The local Discord checks the meaning; here only the shapes are checked. */
import { z } from 'zod';
import { VERBS } from './panel-controls.ts';

const id = z.string().min(1).max(32);
const customId = z.string().max(100);
const by = { userId: id, locale: z.string().max(10).optional() };
const options = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional();
const command = { ...by, channelId: id, command: z.string().min(1).max(120), options };

/** Everything that reaches the bot as an interaction, as `InteractionInput` says. */
export const interactionBody = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('slash'), ...command }),
  z.strictObject({ kind: z.literal('autocomplete'), focused: z.string(), ...command }),
  z.strictObject({ kind: z.literal('button'), ...by, messageId: id, customId }),
  z.strictObject({
    kind: z.literal('select'),
    ...by,
    messageId: id,
    customId,
    values: z.array(z.string()).max(25),
  }),
  z.strictObject({
    kind: z.literal('modal'),
    ...by,
    interactionId: id,
    fields: z.record(z.string(), z.union([z.string(), z.array(z.string()), z.boolean()])),
  }),
  z.strictObject({
    kind: z.literal('message-command'),
    ...by,
    channelId: id,
    command: z.string(),
    messageId: id,
  }),
  z.strictObject({
    kind: z.literal('user-command'),
    ...by,
    channelId: id,
    command: z.string(),
    targetId: id,
  }),
]);

/** A message as a person writes it; files by the ids that their uploads were given. */
export const postBody = z.strictObject({
  userId: id,
  channelId: id,
  content: z.string(),
  fileIds: z.array(id).max(10).default([]),
});

export const removeBody = z.strictObject({ userId: id, messageId: id });

const bytes = z.number().int().min(0).max(1_000_000_000);

/** A turn of the controls. Only what the panel shows can be set. */
export const controlsBody = z.strictObject({
  pace: z.number().min(0).max(100).optional(),
  nextDirective: z.string().max(100).nullable().optional(),
  settings: z
    .strictObject({
      rateLimits: z.boolean(),
      attachmentSizeLimit: bytes.nullable(),
      announcedAttachmentSizeLimit: bytes.nullable(),
      html413: z.boolean(),
      heartbeatAcks: z.boolean(),
    })
    .partial()
    .optional(),
});

export const faultBody = z.strictObject({ name: z.string().max(50) });

export const verbBody = z.strictObject({
  verb: z.enum(VERBS),
  amountMs: z.number().int().min(0).max(86_400_000).default(0),
});
