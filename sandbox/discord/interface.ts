/**
 * What the local Discord offers to those who start it: tests, the sandbox's command line and,
 * later, its page. Everything a person could do in Discord is a method here; everything that
 * happens is an event. The bot itself only ever sees the sockets.
 */
import type {
  APIApplicationCommand,
  APIApplicationCommandOptionChoice,
  APIAttachment,
  APIMessage,
  APIModalInteractionResponseCallbackData,
} from 'discord-api-types/v10';
import type { DiscordControls } from './controls.ts';
import type { EventSource } from './events.ts';
import type { ApplicationTexts, DefaultWorld } from './world.ts';

/**
 * A message exactly as the API would give it, its attachment URLs freshly signed. As on the real
 * Discord, a file that an embed shows by `attachment://` is not listed in `attachments`; use
 * `LocalDiscord.filesOf` for every file that a person sees.
 */
export type Message = APIMessage;
export type Attachment = APIAttachment;
export type Command = APIApplicationCommand;
export type Modal = APIModalInteractionResponseCallbackData;
export type Choice = APIApplicationCommandOptionChoice;

/** A file to give to Discord: its bytes, or the path that they stand at. */
export interface FileInput {
  name: string;
  bytes: Uint8Array | string;
  contentType?: string;
}

/** A file that Discord keeps, with its content as it arrived. */
export interface StoredFile {
  id: string;
  name: string;
  contentType: string;
  /** Bytes. */
  size: number;
  sha256: string;
  width: number | null;
  height: number | null;
  /** The same content on disk, until the local Discord closes. */
  path: string;
  bytes: Uint8Array;
}

/** A value as a person gives it: users, channels, roles and attachments by their id. */
export type OptionValue = string | number | boolean;

/**
 * What stands in messages that no person of the local Discord can write: the embed of a link,
 * components and stickers of others, a forwarded message. As Discord's API gives it: addresses stay
 * as they are.
 */
export type MessageParts = Partial<
  Pick<
    APIMessage,
    'embeds' | 'components' | 'sticker_items' | 'message_snapshots' | 'message_reference' | 'flags'
  >
>;

interface InteractionBase {
  /** Who does it: the id of a user of the world. */
  userId: string;
  /** Discord's code of the person's language; `en-US` when left out. */
  locale?: string;
}

interface CommandInput extends InteractionBase {
  channelId: string;
  /** The command's name; with a subcommand, the words joined by blanks. */
  command: string;
  /** By option name. An attachment is the id that `upload` gave. */
  options?: Record<string, OptionValue>;
}

/** Something a person does that reaches the bot as an interaction. Plain data. */
export type InteractionInput =
  | ({ kind: 'slash' } & CommandInput)
  | ({ kind: 'autocomplete' /** The option being typed. */; focused: string } & CommandInput)
  | ({
      kind: 'button';
      /** Checked against the message's own when given. */
      channelId?: string;
      messageId: string;
      customId: string;
    } & InteractionBase)
  | ({
      kind: 'select';
      channelId?: string;
      messageId: string;
      customId: string;
      values: string[];
    } & InteractionBase)
  | ({
      kind: 'modal';
      /** The interaction that was answered with the modal. */
      interactionId: string;
      /** By custom_id: a text, chosen values, ids of uploaded files, or whether it is ticked. */
      fields: Record<string, string | string[] | boolean>;
    } & InteractionBase)
  | ({
      kind: 'message-command';
      channelId: string;
      command: string;
      messageId: string;
    } & InteractionBase)
  | ({
      kind: 'user-command';
      channelId: string;
      command: string;
      targetId: string;
    } & InteractionBase);

/** How the bot answered first. */
export interface Acknowledgement {
  /** Discord's interaction callback type: 4, 5, 6, 7, 8 or 9. */
  type: number;
  /** Milliseconds from the moment the interaction was made. */
  afterMs: number;
  ephemeral: boolean;
}

/** One interaction as the person who made it sees it: each member tells how things stand now. */
export interface InteractionHandle {
  id: string;
  token: string;
  /** Rejects when the 3 seconds pass without an answer ("the application did not respond"). */
  acknowledged: Promise<Acknowledgement>;
  /** The `@original` message, or null while there is none or after it was deleted. */
  response(): Message | null;
  followups(): Message[];
  /** The form that the bot opened, or null. */
  modal(): Modal | null;
  /** The suggestions that the bot gave, or null. */
  choices(): Choice[] | null;
  /**
   * Resolves with the first value of `look` that is not null or undefined; it is asked now and
   * after every change of a message or interaction. Rejects when the signal aborts.
   */
  when<T>(look: () => T | null | undefined, options?: { signal?: AbortSignal }): Promise<T>;
}

/** One REST call, as the record keeps it. Tokens are replaced by `:token`. */
export interface RestRecord {
  /** Epoch milliseconds of the arrival. */
  at: number;
  /** Milliseconds until the answer was written, or the connection was gone. */
  ms: number;
  method: string;
  /** The template, such as `/webhooks/:application/:token/messages/:message`; null if unknown. */
  route: string | null;
  path: string;
  /** 0 when the connection was dropped without an answer. */
  status: number;
  /** Discord's JSON error code, when it answered one. */
  code: number | null;
  /** The JSON part of the body; null when there was none or it was not read. */
  body: unknown;
  files: { field: string; name: string; size: number; contentType: string }[];
  interactionId: string | null;
  /** What the call changed: the message's id, also where the answer was lost on the way. */
  messageId: string | null;
  /** Things that Discord takes in silence but that are surely not meant. */
  warnings: string[];
}

/** A message was written, changed or removed, by whomever. */
export interface MessageEvent {
  change: 'create' | 'update' | 'delete';
  message: Message;
  /** Only this user sees it (an ephemeral message); null when everyone in the channel does. */
  visibleTo: string | null;
  /** The interaction whose token wrote it, where one did. */
  interactionId: string | null;
}

/** A payload went over the gateway, or a connection came or went. */
export interface GatewayEvent {
  direction: 'in' | 'out' | 'connect' | 'disconnect';
  /** The gateway opcode; null for connect and disconnect. */
  op: number | null;
  t: string | null;
  /** The payload, with tokens replaced; for a disconnect `{ code }`. */
  d: unknown;
}

/** An interaction was made, answered for the first time, or left without an answer. */
export interface InteractionEvent {
  id: string;
  /** `failed` means: no answer within 3 seconds. */
  state: 'created' | 'acknowledged' | 'failed';
  kind: InteractionInput['kind'];
  userId: string;
  type: number | null;
  afterMs: number | null;
}

/** Everything that happens, by name. */
export interface DiscordEvents {
  message: MessageEvent;
  rest: RestRecord;
  gateway: GatewayEvent;
  interaction: InteractionEvent;
  /** The bot registered commands; `guildId` is null for the global ones. */
  commands: { guildId: string | null; commands: Command[] };
}

/** How to start; everything has a default. */
export interface LocalDiscordOptions {
  /** A free port when left out or 0. Always on 127.0.0.1. */
  port?: number;
  /** Epoch milliseconds; for timestamps, ids, and the age of tokens and signed URLs. */
  now?: () => number;
  /** Its own people and places; the default world when left out. */
  world?: DefaultWorld;
  /** What the bot of the default world is called. */
  application?: ApplicationTexts;
  botToken?: string;
  /** Bytes of files to keep; beyond it the oldest are forgotten. 4 GiB when left out. */
  maxStoredBytes?: number;
}

/** A running local Discord. */
export interface LocalDiscord {
  /** The REST base without its version, as discord.js's `rest.api`. */
  apiUrl: string;
  /** Where attachments are served: scheme, host and port. */
  cdnOrigin: string;
  botToken: string;
  applicationId: string;
  world: DefaultWorld;
  controls: DiscordControls;
  events: EventSource<DiscordEvents>;
  /** The newest REST calls, oldest first; bounded. */
  requests: readonly RestRecord[];
  /** As registered now: the global ones, or those of one guild. */
  commands(guildId?: string): Command[];
  /** The commands that this person is offered in this channel, by Discord's rules. */
  offered(userId: string, channelId: string): Command[];
  /**
   * A client is connected and (unless `commands: false`) has registered commands. After killing
   * a bot wait for its `disconnect` first: its death takes a moment to arrive.
   */
  whenReady(options?: { signal?: AbortSignal; commands?: boolean }): Promise<void>;
  /** Number of gateway connections that are identified now. */
  connections(): number;
  /** Gives a file as a person does before sending a command or a form. */
  upload(userId: string, file: FileInput): Promise<Attachment>;
  /**
   * Does what a person does. Rejects with a `NotPossible` where Discord's client would not allow
   * it. Only newer clients keep to `file_types`, as the sandbox's page does: any file is taken.
   */
  interact(input: InteractionInput): Promise<InteractionHandle>;
  /** The handle of an interaction made earlier, or null. */
  interaction(id: string): InteractionHandle | null;
  /** Writes a message as a person. */
  post(input: {
    userId: string;
    channelId: string;
    content?: string;
    files?: FileInput[];
    parts?: MessageParts;
  }): Promise<Message>;
  /** Deletes a message as a person: their own, a moderator's choice, or an ephemeral one they see. */
  remove(userId: string, messageId: string): void;
  /** Oldest first; with a viewer, their ephemeral ones too, without one only what all can see. */
  messages(channelId: string, viewerId?: string): Message[];
  /** Any message by its id, ephemeral ones too; null when there is none. */
  message(messageId: string): Message | null;
  /** Every file that a person sees in this message, in order: attachments and those in embeds. */
  filesOf(messageId: string): Attachment[];
  /** By attachment id or URL. Rejects when there is no such file. */
  file(attachmentUrlOrId: string): Promise<StoredFile>;
  close(): Promise<void>;
}
