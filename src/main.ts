import { mkdir } from 'node:fs/promises';
import { Events } from 'discord.js';
import { Agent } from 'undici';
import { handlers } from '../commands/index.ts';
import {
  type Config,
  ConfigError,
  describeConfigError,
  loadConfig,
  readEnvironment,
} from './config.ts';
import { createClient } from './discord/client.ts';
import { createGate } from './discord/gate.ts';
import { registerCommands } from './discord/registration.ts';
import { describeStartFault } from './discord/start-fault.ts';
import { createGemini } from './gemini/gemini.ts';
import { createGenerationService } from './generation/service.ts';
import { fetchReference } from './images/references.ts';
import { createSpool } from './images/spool.ts';
import { createLogger } from './logger.ts';
import { createAnswers } from './reply/answers.ts';
import { createLiveReplies } from './reply/live-reply.ts';
import { createReplyRest } from './reply/rest.ts';

/** How long a stop waits for pictures that are being made. */
const DRAIN_MS = 25_000;
/** A second signal within this time ends the process at once. */
const FORCE_WINDOW_MS = 5_000;

/** Builds every part, wires them, and returns what starts and what stops the whole. */
function build(config: Config) {
  const log = createLogger({
    level: config.log.level,
    secrets: [config.discord.token, config.gemini.apiKey],
  });
  const now = Date.now;
  const spool = createSpool(config.spool);
  const gemini = createGemini({ ...config.gemini, spool, log: log.child({ room: 'gemini' }) });
  const attachments = new Agent({ allowH2: false });
  const rest = createReplyRest({ apiUrl: config.discord.apiUrl });
  const generations = createGenerationService({
    gemini,
    fetchReference: (reference, owner, signal) =>
      fetchReference(
        reference,
        owner,
        { spool, dispatcher: attachments, ...config.references },
        signal,
      ),
    removeFile: (file) => spool.remove(file),
    openLiveReply: createLiveReplies({ rest, log: log.child({ room: 'reply' }), now }),
    log: log.child({ room: 'generation' }),
    now,
  });
  const client = createClient({
    apiUrl: config.discord.apiUrl,
    log: log.child({ room: 'discord' }),
  });
  client.on(
    Events.InteractionCreate,
    createGate({
      handlers,
      context: { generations },
      answers: createAnswers(rest),
      log: log.child({ room: 'gate' }),
      now,
    }),
  );

  return {
    log,
    async start(): Promise<void> {
      await mkdir(config.spool.directory, { recursive: true });
      // Without a ledger nothing in the spool can be delivered any more.
      await spool.sweep(() => false);
      const ready = new Promise<void>((resolve) =>
        client.once(Events.ClientReady, () => resolve()),
      );
      await client.login(config.discord.token);
      await ready;
      if (!client.isReady()) throw new Error('the gateway is not ready');
      const commands = await registerCommands(client, handlers, config.discord.guildId);
      const applicationId = client.application.id;
      log.info({ applicationId, commands, guildId: config.discord.guildId }, 'ready');
    },
    async stop(drainMs: number): Promise<void> {
      log.info({ running: generations.running }, 'stopping');
      // The gateway goes first, so that nothing new comes in; replies do not need it.
      await client.destroy();
      await generations.drain(drainMs);
      await Promise.all([gemini.close(), attachments.close()]);
      log.info('stopped');
    },
  };
}

/** The first signal drains, a second one within a few seconds forces; both end by that signal. */
function stopOnSignals(stop: () => Promise<void>): void {
  let firstAt = 0;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      const endBySignal = () => {
        process.removeAllListeners(signal);
        process.kill(process.pid, signal);
      };
      if (firstAt === 0) {
        firstAt = Date.now();
        stop().then(endBySignal, endBySignal);
      } else if (Date.now() - firstAt < FORCE_WINDOW_MS) {
        endBySignal();
      }
    });
  }
}

/** Prints what the operator should do and lets the process end with exit code 1. */
function giveUp(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  let app: ReturnType<typeof build>;
  try {
    app = build(loadConfig(readEnvironment()));
  } catch (error) {
    giveUp(error instanceof ConfigError ? describeConfigError(error) : describeStartFault(error));
    return;
  }
  const { log } = app;
  stopOnSignals(() => app.stop(DRAIN_MS));
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));
  try {
    await app.start();
  } catch (error) {
    log.debug({ err: error }, 'start failed');
    giveUp(describeStartFault(error));
    await app.stop(0);
  }
}

await main();
