/** The shapes in which the local Discord keeps what happens. */
import type { APIEmbed, APIMessageTopLevelComponent } from 'discord-api-types/v10';
import type { DiscordSettings } from './controls.ts';
import type { EventHub } from './events.ts';
import type { FileStore } from './files.ts';
import type {
  Acknowledgement,
  Choice,
  Command,
  DiscordEvents,
  InteractionInput,
  MessageParts,
  Modal,
} from './interface.ts';
import type { UrlSigner } from './signed-urls.ts';
import type { Channel, Guild, User, World } from './world.ts';

/** A file's place on a message. */
export interface MessageFile {
  fileId: string;
  /** Alt text. */
  description: string | null;
}

/** A message as it is kept; `renderMessage` makes what the API shows. */
export interface StoredMessage {
  id: string;
  channelId: string;
  authorId: string;
  /** Discord's message type: 0, 19 (reply), 20 (slash command), 23 (context menu). */
  type: number;
  content: string;
  /** A picture that is a file of ours stands as `file:ID`; it becomes a signed URL when shown. */
  embeds: APIEmbed[];
  files: MessageFile[];
  components: APIMessageTopLevelComponent[];
  flags: number;
  tts: boolean;
  mentionIds: string[];
  mentionsEveryone: boolean;
  /** Epoch milliseconds. */
  createdAt: number;
  editedAt: number | null;
  nonce: string | number | null;
  /** The message that this one answers. */
  repliesTo: string | null;
  interactionId: string | null;
  /** The only user who sees it, or null. */
  visibleTo: string | null;
  /** Shown as it is, over what the rest says. */
  parts: MessageParts;
}

/** An interaction with what became of it. */
export interface StoredInteraction {
  id: string;
  token: string;
  /** Discord's interaction type: 2, 3, 4 or 5. */
  type: number;
  input: InteractionInput;
  userId: string;
  channelId: string;
  guildId: string | null;
  commandName: string | null;
  /** Epoch milliseconds by the injected clock; the age of the token counts from here. */
  createdAt: number;
  /** Milliseconds that the token was made older by a control. */
  agedByMs: number;
  /** By the monotonic clock, for the 3 seconds. */
  startedAt: number;
  state: 'waiting' | 'acknowledged' | 'failed';
  acknowledgement: Acknowledgement | null;
  /** The message that `@original` means. */
  originalId: string | null;
  followupIds: string[];
  followupsMade: number;
  /** The message that was clicked or right-clicked, or whose form this is. */
  sourceMessageId: string | null;
  /** The interaction that was answered with the modal, for a submitted one. */
  openerId: string | null;
  modal: Modal | null;
  choices: Choice[] | null;
  /** By application integration type: 0 the guild's id (`0` in a DM with the bot), 1 the user's. */
  owners: Record<string, string>;
  /** The bot is not in the guild, or it is no guild: five follow-ups at most. */
  userInstallOnly: boolean;
  /** The member may not use external apps here, so every answer is for themselves. */
  forcedEphemeral: boolean;
}

/** The store. Its functions are the only way to change messages, interactions and commands. */
export interface State {
  world: World;
  now: () => number;
  nextId: () => string;
  events: EventHub<DiscordEvents>;
  settings: DiscordSettings;
  files: FileStore;
  signer: UrlSigner;
  /** Scheme, host and port; set once the server listens. */
  origin: string;
  messages: Map<string, StoredMessage>;
  interactions: Map<string, StoredInteraction>;
  globalCommands: Command[];
  guildCommands: Map<string, Command[]>;

  user(id: string): User | null;
  guild(id: string): Guild | null;
  channel(id: string): Channel | null;
  interactionByToken(token: string): StoredInteraction | null;
  /** Keeps a new or changed message and tells about it. */
  saveMessage(change: 'create' | 'update', message: StoredMessage): void;
  deleteMessage(id: string): void;
  saveInteraction(interaction: StoredInteraction): void;
  /** Registers commands in place of those that were there. */
  setCommands(guildId: string | null, commands: Command[]): void;
}
