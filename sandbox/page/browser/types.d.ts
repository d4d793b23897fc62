/** Shapes that the page's modules share: what the server sends, as far as the page reads it. */
import type { Attachment, Choice, Command, Modal } from '../../discord/local-discord.ts';
import type { LogEntry } from '../feed.ts';
import type { PanelView } from '../panel-controls.ts';
import type { ChannelView, WorldView } from '../view.ts';

export type { Attachment, ChannelView, Choice, Command, LogEntry, Modal, PanelView, WorldView };

export interface Person {
  id: string;
  username: string;
  name: string;
  bot: boolean;
}

/** A picture of an embed, its address signed; `url` may also be one that a bot made up. */
export interface Picture {
  url: string;
  width?: number;
  height?: number;
}

export interface Embed {
  title?: string;
  description?: string;
  url?: string;
  color?: number;
  timestamp?: string;
  image?: Picture;
  thumbnail?: Picture;
  footer?: { text: string; icon_url?: string };
  author?: { name: string; url?: string; icon_url?: string };
  fields?: { name: string; value: string; inline?: boolean }[];
}

export interface SelectOption {
  label: string;
  value: string;
  description?: string;
  emoji?: { name?: string };
  default?: boolean;
}

/** Any component of a message or a form; which members it has depends on `type`. */
export interface Component {
  type: number;
  custom_id?: string;
  style?: number;
  label?: string;
  description?: string;
  placeholder?: string;
  content?: string;
  value?: string;
  url?: string;
  emoji?: { name?: string };
  disabled?: boolean;
  required?: boolean;
  default?: boolean;
  min_length?: number;
  max_length?: number;
  min_values?: number;
  max_values?: number;
  options?: SelectOption[];
  channel_types?: number[];
  default_values?: { id: string; type: string }[];
  file_types?: string[];
  components?: Component[];
  component?: Component;
  accessory?: Component;
}

export interface Message {
  id: string;
  channel_id: string;
  type: number;
  content: string;
  flags?: number;
  author: { id: string };
  timestamp: string;
  edited_timestamp: string | null;
  embeds: Embed[];
  attachments: Attachment[];
  components?: Component[];
  interaction_metadata?: { user?: { id: string }; name?: string; type: number };
  referenced_message?: Message | null;
  message_reference?: { message_id?: string };
  /** Every file, also those that an embed shows. */
  files: Attachment[];
  visibleTo: string | null;
}

export interface InteractionNews {
  id: string;
  state: 'created' | 'acknowledged' | 'failed';
  kind: string;
  type: number | null;
  modal: Modal | null;
  choices: Choice[] | null;
}

/** One option of a command; a subcommand holds more of them. */
export interface Option {
  type: number;
  name: string;
  description: string;
  required?: boolean;
  autocomplete?: boolean;
  choices?: { name: string; value: string | number }[];
  options?: Option[];
  min_length?: number;
  max_length?: number;
  min_value?: number;
  max_value?: number;
  channel_types?: number[];
  file_types?: string[];
}

/** A slash command or one of its subcommands, as the composer offers it. */
export interface Offer {
  /** With subcommands, the words joined by blanks. */
  path: string;
  description: string;
  options: Option[];
}

/** What a list offers: something to pick by arrow keys, Tab, Enter or a click. */
export interface Item {
  label: string;
  /** Shown dimmer, on its own line or at the side. */
  detail?: string;
  hint?: string;
  value: string;
}

/** A command on its way: shown until the bot answers, or with the reason why it did not. */
export interface Pending {
  key: string;
  channelId: string;
  /** As it is shown. */
  name: string;
  error: string | null;
}

/** What may change. `line` to the log comes with its entry, a message with its change. */
export type Topic =
  | 'world'
  | 'channel'
  | 'message'
  | 'controls'
  | 'log'
  | 'pending'
  | 'commands'
  | 'offers';

/** Everything that the page knows. */
export interface Store {
  world: WorldView | null;
  controls: PanelView | null;
  log: LogEntry[];
  /** The channel that is shown. */
  channelId: string;
  /** The slash commands that one is offered in this channel; null until that is known. */
  offers: Offer[] | null;
  pending: Pending[];
  /** Components that were clicked and wait for the bot, as `message:custom_id`. */
  busy: Set<string>;
  /** Messages whose last click failed. */
  failed: Set<string>;
  /** Channels with messages that were not looked at. */
  unread: Set<string>;
  /** The id of the person that one is. */
  readonly me: string;
  // biome-ignore lint/suspicious/noExplicitAny: each topic has a detail of its own.
  on(topic: Topic, listener: (detail?: any) => void): void;
  tell(topic: Topic, detail?: unknown): void;
  user(id: string): Person | undefined;
  channel(id?: string): ChannelView | undefined;
  guild(id?: string | null): WorldView['guilds'][number] | undefined;
  message(id: string): Message | undefined;
  /** The messages of the channel that is shown, oldest first. */
  shown(): Message[];
  takeWorld(world: WorldView): void;
  takeMessage(event: { change: 'create' | 'update' | 'delete'; message: Message }): void;
  takeInteraction(event: InteractionNews): void;
  takeLog(entry: LogEntry): void;
  /** Shows another channel. */
  go(channelId: string): void;
  /** Does something that reaches the bot; resolves with its first answer, or its failure. */
  interact(input: Record<string, unknown>): Promise<InteractionNews>;
}
