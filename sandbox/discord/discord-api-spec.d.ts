/**
 * `discord-api-spec/zod` ships no types for its schemas. Only those that are used stand here;
 * each is a zod/mini schema, so `safeParse` and its issues are all that is needed.
 */
declare module 'discord-api-spec/zod' {
  import type { $ZodType } from 'zod/v4/core';

  export const IncomingWebhookInteractionRequestSchema: $ZodType;
  export const IncomingWebhookUpdateForInteractionCallbackRequestPartialSchema: $ZodType;
  export const IncomingWebhookUpdateRequestPartialSchema: $ZodType;
  export const MessageCreateRequestSchema: $ZodType;
  export const MessageEditRequestPartialSchema: $ZodType;
  export const ModalInteractionCallbackRequestDataSchema: $ZodType;
  export const ApplicationCommandAutocompleteCallbackRequestSchema: $ZodType;
  export const ApplicationCommandUpdateRequestSchema: $ZodType;

  // What Discord answers; the tests hold the local one's answers against these.
  export const ApplicationCommandResponseSchema: $ZodType;
  export const ErrorResponseSchema: $ZodType;
  export const GatewayBotResponseSchema: $ZodType;
  export const GuildChannelResponseSchema: $ZodType;
  export const GuildMemberResponseSchema: $ZodType;
  export const GuildWithCountsResponseSchema: $ZodType;
  export const InteractionCallbackResponseSchema: $ZodType;
  export const MessageResponseSchema: $ZodType;
  export const MyGuildResponseSchema: $ZodType;
  export const PrivateApplicationResponseSchema: $ZodType;
  export const PrivateChannelResponseSchema: $ZodType;
  export const UserPIIResponseSchema: $ZodType;
  export const UserResponseSchema: $ZodType;
}
