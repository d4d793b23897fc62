import { type Interaction, MessageFlags, type RepliableInteraction } from 'discord.js';
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
import type { Acknowledgement, Handler, HandlerContext, Handlers } from './handlers.ts';
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

/** What is known of one interaction while it is handled. */
interface Visit {
  arrival: Arrival;
  /** Reports that Discord has the first answer. */
  answered: (kind: InteractionAnswered['kind']) => void;
  log: Logger;
}

/**
 * The one place that interactions come through: it acknowledges each within milliseconds, calls its
 * handler, and turns whatever is thrown into an answer that the person can act on. Nothing else
 * acknowledges and nothing else answers an error. The returned function never rejects.
 */
export function createGate(deps: GateDeps): (interaction: Interaction) => Promise<void> {
  const slash = new Map(deps.handlers.slash.map((command) => [command.data.name, command]));
  const message = new Map(deps.handlers.message.map((command) => [command.data.name, command]));
  const components = new Map(deps.handlers.components.map((handler) => [handler.name, handler]));

  return async (interaction) => {
    const arrival = { receivedAt: deps.now(), channelType: deps.channelTypeOf(interaction.id) };
    const facts = { interactionId: interaction.id, ...describe(interaction) };
    const log = deps.log.child(facts);
    const arrivedAt = performance.now();
    const answered = (kind: InteractionAnswered['kind']) => {
      const ms = performance.now() - arrivedAt;
      deps.report({ type: 'interaction_answered', kind, ms, interaction: facts });
    };
    const visit = { arrival, answered, log };
    try {
      if (interaction.isAutocomplete()) {
        const command = slash.get(interaction.commandName);
        const isServed = command !== undefined && refusalAt(interaction, command) === null;
        const choices = isServed ? await command.complete?.(interaction, deps.context) : [];
        await interaction.respond(
          (choices ?? [])
            .slice(0, CHOICES.count)
            .filter(({ value }) => value.length <= CHOICES.chars),
        );
      } else if (interaction.isChatInputCommand()) {
        await handle(interaction, slash.get(interaction.commandName), visit);
      } else if (interaction.isMessageContextMenuCommand()) {
        await handle(interaction, message.get(interaction.commandName), visit);
      } else if (interaction.isMessageComponent() || interaction.isModalSubmit()) {
        const name = interaction.customId.split(':', 1)[0] ?? '';
        // A modal cannot open a modal, which the types of discord.js know and a map does not.
        const handler = components.get(name) as Handler<typeof interaction> | undefined;
        await handle(interaction, handler, visit);
      } else if (interaction.isRepliable()) {
        await handle(interaction, undefined, visit);
      }
    } catch (error) {
      log.error({ err: error }, 'interaction could not be answered');
    }
    // Forms, suggestions and messages are first answers that the library sends; it knows of no other.
    const isAnswered = 'replied' in interaction ? interaction.replied : interaction.responded;
    if (isAnswered) answered(interaction.isAutocomplete() ? 'autocomplete' : 'direct');
  };

  async function handle<T extends RepliableInteraction>(
    interaction: T,
    handler: Handler<T> | undefined,
    { arrival, answered, log }: Visit,
  ): Promise<void> {
    if (handler === undefined) {
      log.warn('no handler for this interaction');
      const { unknown } = deps.answers;
      const content = interaction.isCommand() ? unknown.command : unknown.component;
      await interaction.reply({ content, flags: MessageFlags.Ephemeral });
      return;
    }
    const refusal = refusalAt(interaction, handler);
    if (refusal !== null) {
      await answerAtOnce(interaction, refusal, log);
      return;
    }
    const acknowledgement = await decide(interaction, handler, log);
    if (acknowledgement === null) return;
    if (acknowledgement === 'modal') {
      if ('open' in handler) await openModal(interaction, handler.open, log);
      return;
    }
    if (!('execute' in handler)) return;
    const target = readTarget(interaction, acknowledgement, arrival);
    const isOwed = acknowledgement !== 'update';
    const noted = isOwed ? noteDeferral(target, log) : Promise.resolve();
    let isAnswered = true;
    try {
      await waitAtMost(STORE_WRITE_TIMEOUT_MS, noted);
      await acknowledge(interaction, acknowledgement);
      answered(acknowledgement);
      try {
        await handler.execute(interaction, target, deps.context);
      } catch (error) {
        const typed = 'typed' in handler ? handler.typed?.(interaction) : undefined;
        const failure = toFailure(error);
        const state = { id: interaction.id, subject: null, failure, ...(typed ? { typed } : {}) };
        isAnswered = false;
        isAnswered = await answerFailure(target, acknowledgement, state, log);
      }
    } finally {
      await noted;
      // What could not be said stays noted, for the next start to say.
      if (isOwed && isAnswered) await deps.deferrals.clear(target.interactionToken);
    }
  }

  async function acknowledge(
    interaction: RepliableInteraction,
    acknowledgement: Acknowledgement,
  ): Promise<void> {
    try {
      await deps.acknowledge(interaction, acknowledgement);
    } catch (error) {
      deps.report({ type: 'interaction_unanswered' });
      throw error;
    }
  }

  /**
   * Why nothing is done here, or null. Admission says the same of every request; here it also keeps
   * forms and suggestions from people who would be refused in the end.
   */
  function refusalAt(interaction: Interaction, handler: { anywhere?: true }): Failure | null {
    if (handler.anywhere) return null;
    try {
      checkPlace(readPlace(interaction), deps.operator);
      return null;
    } catch (error) {
      return toFailure(error);
    }
  }

  /** How to acknowledge; null where that could not be told, and the person was told that instead. */
  async function decide<T extends RepliableInteraction>(
    interaction: T,
    { acknowledge }: Handler<T>,
    log: Logger,
  ): Promise<Acknowledgement | 'modal' | null> {
    if (typeof acknowledge !== 'function') return acknowledge;
    try {
      return await acknowledge(interaction, deps.context);
    } catch (error) {
      await answerAtOnce(interaction, error, log);
      return null;
    }
  }

  /**
   * A store that cannot be written is no reason to leave a person without an answer, and one that
   * another process keeps locked is noted in while the work goes on. Never rejects.
   */
  async function noteDeferral(target: ReplyTarget, log: Logger): Promise<void> {
    try {
      await deps.deferrals.note(target);
    } catch (error) {
      log.error({ err: error }, 'deferral could not be noted');
    }
  }

  async function openModal<T extends RepliableInteraction>(
    interaction: T,
    open: (interaction: T, context: HandlerContext) => unknown,
    log: Logger,
  ): Promise<void> {
    try {
      const modal = await open(interaction, deps.context);
      if (!('showModal' in interaction)) throw new Error('this interaction cannot open a modal');
      await interaction.showModal(modal as Parameters<typeof interaction.showModal>[0]);
    } catch (error) {
      await answerAtOnce(interaction, error, log);
    }
  }

  /** A failure as the first answer, where nothing was acknowledged yet. */
  async function answerAtOnce(
    interaction: RepliableInteraction,
    error: unknown,
    log: Logger,
  ): Promise<void> {
    const failure = toFailure(error);
    logFailure(failure, log);
    await interaction.reply({
      embeds: deps.answers.failureEmbeds({ id: interaction.id, subject: null, failure }),
      flags: MessageFlags.Ephemeral,
    });
  }

  /** Whether nothing is owed any more. */
  async function answerFailure(
    target: ReplyTarget,
    acknowledgement: Acknowledgement,
    state: FailedState,
    log: Logger,
  ): Promise<boolean> {
    logFailure(state.failure, log);
    const { answers } = deps;
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

function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  return new Failure('internal', 'unexpected error in a handler', { cause: error });
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
