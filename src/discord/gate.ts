import {
  type AutocompleteInteraction,
  type Interaction,
  MessageFlags,
  type RepliableInteraction,
} from 'discord.js';
import type { Logger } from 'pino';
import { checkPlace, type OperatorPolicy } from '../admission/policy.ts';
import { waitAtMost } from '../async/wait-at-most.ts';
import { CHOICES } from '../discord-http/discord-limits.ts';
import { Failure, type ReplyTarget } from '../domain.ts';
import type { InteractionAnswered, Report } from '../events.ts';
import type { FailedState } from '../generation/live-reply.ts';
import type { Answers } from '../pages/answers.ts';
import type { Deferrals } from '../store/store.ts';
import { type Acknowledge, STORE_WRITE_TIMEOUT_MS } from './acknowledge.ts';
import type {
  Acknowledgement,
  ComponentHandler,
  Handler,
  HandlerContext,
  Handlers,
  MessageCommand,
  SlashCommand,
} from './handlers.ts';
import { type Arrival, readPlace, readTarget } from './reply-target.ts';

export interface GateDeps {
  handlers: Handlers;
  context: HandlerContext;
  acknowledge: Acknowledge;
  /** Discord's type of the channel that an interaction came from; see `watchChannelTypes`. */
  channelTypeOf: (interactionId: string) => number | null;
  deferrals: Pick<Deferrals, 'note' | 'clear'>;
  answers: Answers;
  /** Which places are served. */
  operator: OperatorPolicy;
  report: Report;
  log: Logger;
  now: () => number;
}

const UNEXPECTED = 'unexpected error in a handler';

/** One interaction while it is handled. */
interface Visit<T extends Interaction = RepliableInteraction> {
  interaction: T;
  arrival: Arrival;
  /** Reports that Discord has the first answer. */
  answered: (kind: InteractionAnswered['kind']) => void;
  log: Logger;
}

/**
 * The one place that interactions come through: it acknowledges each within milliseconds, calls its
 * handler, and turns whatever is thrown into an answer that the person can act on. Nothing else
 * acknowledges and nothing else answers an error.
 */
export class Gate {
  readonly #deps: GateDeps;
  /** Handlers by the name of their command, or by the first word of their custom_ids. */
  readonly #slash: ReadonlyMap<string, SlashCommand>;
  readonly #message: ReadonlyMap<string, MessageCommand>;
  readonly #components: ReadonlyMap<string, ComponentHandler>;

  constructor(deps: GateDeps) {
    const { slash, message, components } = deps.handlers;
    this.#deps = deps;
    this.#slash = new Map(slash.map((command) => [command.data.name, command]));
    this.#message = new Map(message.map((command) => [command.data.name, command]));
    this.#components = new Map(components.map((handler) => [handler.name, handler]));
  }

  /** Never rejects. */
  async handle(interaction: Interaction): Promise<void> {
    const { now, channelTypeOf, report } = this.#deps;
    const arrival = { receivedAt: now(), channelType: channelTypeOf(interaction.id) };
    const facts = { interactionId: interaction.id, ...describe(interaction) };
    const log = this.#deps.log.child(facts);
    const arrivedAt = performance.now();
    const answered = (kind: InteractionAnswered['kind']) => {
      const ms = performance.now() - arrivedAt;
      report({ type: 'interaction_answered', kind, ms, interaction: facts });
    };
    try {
      await this.#dispatch({ interaction, arrival, answered, log });
    } catch (error) {
      log.error({ err: error }, 'interaction could not be answered');
    }
    // Forms, suggestions and messages are first answers that the library sends; it knows of no other.
    const isAnswered = 'replied' in interaction ? interaction.replied : interaction.responded;
    if (isAnswered) answered(interaction.isAutocomplete() ? 'autocomplete' : 'direct');
  }

  async #dispatch({ interaction, ...rest }: Visit<Interaction>): Promise<void> {
    if (interaction.isAutocomplete()) {
      await this.#complete(interaction);
    } else if (interaction.isChatInputCommand()) {
      await this.#handle(this.#slash.get(interaction.commandName), { interaction, ...rest });
    } else if (interaction.isMessageContextMenuCommand()) {
      await this.#handle(this.#message.get(interaction.commandName), { interaction, ...rest });
    } else if (interaction.isMessageComponent() || interaction.isModalSubmit()) {
      const name = interaction.customId.split(':', 1)[0] ?? '';
      // discord.js's type of a component lacks what its kinds have; what a handler takes, all have.
      const handler = this.#components.get(name) as Handler<typeof interaction> | undefined;
      await this.#handle(handler, { interaction, ...rest });
    } else if (interaction.isRepliable()) {
      await this.#handle(undefined, { interaction, ...rest });
    }
  }

  async #complete(interaction: AutocompleteInteraction): Promise<void> {
    const command = this.#slash.get(interaction.commandName);
    const isServed = command !== undefined && this.#refusalAt(interaction, command) === null;
    const choices = isServed ? await command.complete?.(interaction, this.#deps.context) : [];
    await interaction.respond(
      (choices ?? []).slice(0, CHOICES.count).filter(({ value }) => value.length <= CHOICES.chars),
    );
  }

  async #handle<T extends RepliableInteraction>(
    handler: Handler<T> | undefined,
    visit: Visit<T>,
  ): Promise<void> {
    const { interaction, log } = visit;
    if (handler === undefined) {
      log.warn('no handler for this interaction');
      const { gate } = this.#deps.context.texts;
      const content = interaction.isCommand() ? gate.unknownCommand : gate.unknownComponent;
      await interaction.reply({ content, flags: MessageFlags.Ephemeral });
      return;
    }
    const refusal = this.#refusalAt(interaction, handler);
    if (refusal !== null) {
      await this.#refuseDirectly(visit, refusal);
      return;
    }
    const acknowledgement = await this.#decide(handler, visit);
    if (acknowledgement === null) return;
    if (acknowledgement === 'modal') {
      if ('open' in handler) await this.#openModal(handler.open, visit);
      return;
    }
    if ('execute' in handler) await this.#execute(handler, acknowledgement, visit);
  }

  async #execute<T extends RepliableInteraction>(
    handler: Extract<Handler<T>, { execute: unknown }>,
    acknowledgement: Acknowledgement,
    visit: Visit<T>,
  ): Promise<void> {
    const { context, deferrals } = this.#deps;
    const { interaction, arrival } = visit;
    const target = readTarget(interaction, acknowledgement, arrival);
    const isOwed = acknowledgement !== 'update';
    const noted = isOwed ? this.#noteDeferral(target, visit.log) : Promise.resolve();
    let isAnswered = true;
    try {
      await waitAtMost(STORE_WRITE_TIMEOUT_MS, noted);
      await this.#acknowledge(acknowledgement, visit);
      try {
        await handler.execute(interaction, target, context);
      } catch (error) {
        const typed = 'typed' in handler ? handler.typed?.(interaction) : undefined;
        const failure = Failure.from(error, UNEXPECTED);
        const state = { id: interaction.id, subject: null, failure, ...(typed ? { typed } : {}) };
        logFailure(failure, visit.log);
        isAnswered = false;
        isAnswered = await this.#answerFailure(target, acknowledgement, state);
      }
    } finally {
      await noted;
      // What could not be said stays noted, for the next start to say.
      if (isOwed && isAnswered) await deferrals.clear(target.interactionToken);
    }
  }

  async #acknowledge(acknowledgement: Acknowledgement, visit: Visit): Promise<void> {
    try {
      await this.#deps.acknowledge(visit.interaction, acknowledgement);
      visit.answered(acknowledgement);
    } catch (error) {
      this.#deps.report({ type: 'interaction_unanswered' });
      throw error;
    }
  }

  /**
   * Why nothing is done here, or null. Admission says the same of every request; here it also keeps
   * forms and suggestions from people who would be refused in the end.
   */
  #refusalAt(interaction: Interaction, handler: { anywhere?: true }): Failure | null {
    if (handler.anywhere) return null;
    try {
      checkPlace(readPlace(interaction), this.#deps.operator);
      return null;
    } catch (error) {
      return Failure.from(error, UNEXPECTED);
    }
  }

  /** How to acknowledge; null where that could not be told, and the person was told that instead. */
  async #decide<T extends RepliableInteraction>(
    { acknowledge }: Handler<T>,
    visit: Visit<T>,
  ): Promise<Acknowledgement | 'modal' | null> {
    if (typeof acknowledge !== 'function') return acknowledge;
    try {
      return await acknowledge(visit.interaction, this.#deps.context);
    } catch (error) {
      await this.#refuseDirectly(visit, error);
      return null;
    }
  }

  /**
   * A store that cannot be written is no reason to leave a person without an answer, and one that
   * another process keeps locked is noted in while the work goes on. Never rejects.
   */
  async #noteDeferral(target: ReplyTarget, log: Logger): Promise<void> {
    try {
      await this.#deps.deferrals.note(target);
    } catch (error) {
      log.error({ err: error }, 'deferral could not be noted');
    }
  }

  async #openModal<T extends RepliableInteraction>(
    open: (interaction: T, context: HandlerContext) => unknown,
    visit: Visit<T>,
  ): Promise<void> {
    const { interaction } = visit;
    try {
      const modal = await open(interaction, this.#deps.context);
      if (!('showModal' in interaction)) throw new Error('this interaction cannot open a modal');
      await interaction.showModal(modal as Parameters<typeof interaction.showModal>[0]);
    } catch (error) {
      await this.#refuseDirectly(visit, error);
    }
  }

  /** A failure as the first answer, where nothing was acknowledged yet. */
  async #refuseDirectly({ interaction, log }: Visit, error: unknown): Promise<void> {
    const failure = Failure.from(error, UNEXPECTED);
    logFailure(failure, log);
    await interaction.reply({
      embeds: this.#deps.answers.failureEmbeds({ id: interaction.id, subject: null, failure }),
      flags: MessageFlags.Ephemeral,
    });
  }

  /** Whether nothing is owed any more. */
  async #answerFailure(
    target: ReplyTarget,
    acknowledgement: Acknowledgement,
    state: FailedState,
  ): Promise<boolean> {
    const { answers } = this.#deps;
    // A button's own message is not ours to replace.
    if (acknowledgement === 'update') return await answers.failPrivately(target, state);
    const isWithdrawn = acknowledgement === 'public' && isForOneAlone(state);
    return await (isWithdrawn ? answers.refuse(target, state) : answers.fail(target, state));
  }
}

/**
 * A refusal, and what was typed into a form, are nobody else's business: the public "thinking…"
 * goes, and only who asked reads why. What fails later than admission does not come through here.
 */
function isForOneAlone({ failure, typed }: FailedState): boolean {
  return failure.kind === 'limit' || failure.kind === 'reference' || typed !== undefined;
}

function logFailure(failure: Failure, log: Logger): void {
  if (failure.kind === 'internal') log.error({ err: failure }, 'handler failed');
  else log.info({ kind: failure.kind }, 'handler refused');
}

/** What an interaction is, for the log: never what was typed into it. */
function describe(interaction: Interaction): Record<string, string | null> {
  const { guildId } = interaction;
  const userId = interaction.user.id;
  if (interaction.isCommand() || interaction.isAutocomplete()) {
    return { command: interaction.commandName, guildId, userId };
  }
  return { component: interaction.customId.split(':', 1)[0] ?? null, guildId, userId };
}
