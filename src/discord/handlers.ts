import type {
  AutocompleteInteraction,
  ChatInputCommandInteraction,
  MessageComponentInteraction,
  MessageContextMenuCommandInteraction,
  ModalBuilder,
  ModalSubmitInteraction,
  RESTPostAPIChatInputApplicationCommandsJSONBody,
  RESTPostAPIContextMenuApplicationCommandsJSONBody,
} from 'discord.js';
import type { OperatorSettings } from '../admission/effective-settings.ts';
import type { createDeletions } from '../discord-http/retry-until-accepted.ts';
import type { PictureReference, ReplyTarget } from '../domain.ts';
import type { OpenLiveReply } from '../generation/live-reply.ts';
import type { FindWhole } from '../generation/recovery.ts';
import type { GenerationService } from '../generation/service.ts';
import type { Pages } from '../pages/pages.ts';
import type { DrawChart } from '../pages/usage-chart.ts';
import type { OwnPicture } from '../reply/own-picture.ts';
import type { Store } from '../store/store.ts';
import type { Texts } from '../texts/english.ts';
import type { BlockedWords } from '../word-filter/blocked-words.ts';
import type { RecentClicks } from './recent-clicks.ts';

/**
 * What handlers may use, in groups; the gate hands it over with every interaction. Whatever a
 * handler is made of asks for the groups that it needs by `Pick`.
 */
export interface HandlerContext {
  generations: Pick<GenerationService, 'submit' | 'cancel' | 'cancelReply'>;
  store: CommandStore;
  /** Shows what is no picture in the making. */
  pages: Pages;
  texts: Texts;
  images: ImageSources;
  deletions: ReturnType<typeof createDeletions> & {
    /** Clicks on *Delete* that wait for their answer. */
    clicks: RecentClicks;
  };
  /** What the operator set, which decides what applies on a server. */
  operator: OperatorSettings;
  /** Measures what a list costs before it is saved, and when it is shown. */
  blockedWords: Pick<BlockedWords, 'measureCosts'>;
  retention: Retention;
  /** For a picture that is whole already. */
  openLiveReply: OpenLiveReply;
  /** Draws a server's days as a PNG. */
  drawChart: DrawChart;
  now: () => number;
}

/** What commands read and write of the store; what a run or a start moves along is not theirs. */
export interface CommandStore extends Pick<Store, 'history' | 'settings' | 'selections' | 'usage'> {
  replies: Pick<Store['replies'], 'get' | 'findByMessage' | 'unsettled' | 'setMessage'>;
  generations: Pick<Store['generations'], 'get' | 'transcript'>;
}

/** Where pictures are found. */
export interface ImageSources {
  /** The picture of a generation, where it is still on disk. */
  findPicture: FindWhole;
  /** One of our own pictures, as it is on Discord now. */
  findOwnPicture: (reference: PictureReference) => Promise<OwnPicture>;
  /** Hosts that pictures are fetched from; see `isAllowedUrl`. */
  attachmentHosts: readonly string[];
}

/** How long what people wrote is kept, and how it is erased. */
export interface Retention extends Pick<Store['retention'], 'forget'> {
  days: number;
  /** Removes files whose generation is no longer in the store, or ended a day ago. */
  sweepFiles: () => Promise<void>;
}

/**
 * How the gate acknowledges an interaction before its handler runs:
 * - `public`: "thinking…", for everybody in the channel
 * - `private`: "thinking…", for the one who asked only
 * - `update`: nothing to see; for a button whose own message will change
 */
export type Acknowledgement = 'public' | 'private' | 'update';

/** A handler that works after the acknowledgement; all it says goes through the target. */
interface Deferred<Interaction> {
  acknowledge: Acknowledgement | ((interaction: Interaction) => Acknowledgement);
  /** What was typed into a form: handed back with a failure, so that it can be sent once more. */
  typed?(interaction: Interaction): string;
  execute(interaction: Interaction, target: ReplyTarget, context: HandlerContext): Promise<void>;
}

/** A handler whose answer is a modal, which must be the first answer: it cannot follow a defer. */
interface OpensModal<Interaction> {
  acknowledge: 'modal';
  open(interaction: Interaction, context: HandlerContext): Promise<ModalBuilder> | ModalBuilder;
}

/** A handler that looks into the store before it decides; a lookup takes a millisecond or two. */
interface Decides<Interaction> {
  acknowledge: (
    interaction: Interaction,
    context: HandlerContext,
  ) => Promise<Acknowledgement | 'modal'>;
  execute(interaction: Interaction, target: ReplyTarget, context: HandlerContext): Promise<void>;
  open(interaction: Interaction, context: HandlerContext): Promise<ModalBuilder> | ModalBuilder;
}

export type Handler<Interaction> = (
  | Deferred<Interaction>
  | OpensModal<Interaction>
  | Decides<Interaction>
) & {
  /**
   * Whether it answers also in places that the operator does not serve. Only for what lets people
   * see, stop or delete what is theirs; everything else is refused there by the gate.
   */
  anywhere?: true;
};

/** A slash command: one file in `commands/`. */
export type SlashCommand = Handler<ChatInputCommandInteraction> & {
  data: RESTPostAPIChatInputApplicationCommandsJSONBody;
  /** Answers autocomplete with up to 25 choices, as the first and only answer. */
  complete?(
    interaction: AutocompleteInteraction,
    context: HandlerContext,
  ): Promise<{ name: string; value: string }[]>;
};

/** A command in a message's context menu: one file in `commands/`. */
export type MessageCommand = Handler<MessageContextMenuCommandInteraction> & {
  data: RESTPostAPIContextMenuApplicationCommandsJSONBody;
};

/** A click on a component, or a form that was sent. */
export type Click = MessageComponentInteraction | ModalSubmitInteraction;

/** Answers the components and modals whose custom_id is `name`, or `name:` and more. */
export type ComponentHandler = Handler<Click> & {
  name: string;
};

/** Everything that a person can type or click, listed by hand in `commands/index.ts`. */
export interface Handlers {
  slash: readonly SlashCommand[];
  message: readonly MessageCommand[];
  components: readonly ComponentHandler[];
}
