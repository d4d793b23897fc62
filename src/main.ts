import { constants } from 'node:os';
import { dirname } from 'node:path';
import { Events, type Interaction, type REST } from 'discord.js';
import { Agent } from 'undici';
import { handlers } from '../commands/index.ts';
import { type Config, ConfigError, describeConfigError, loadConfig } from './config.ts';
import { createAcknowledge } from './discord/acknowledge.ts';
import { watchChannelTypes } from './discord/channel-types.ts';
import { createClient, logIn } from './discord/client.ts';
import { createGate } from './discord/gate.ts';
import { watchGateway } from './discord/gateway-watch.ts';
import { createRecentClicks } from './discord/recent-clicks.ts';
import { registerCommands } from './discord/registration.ts';
import { describeStartFault } from './discord/start-fault.ts';
import type { Reference, ReplyTarget } from './domain.ts';
import { readEnvironment } from './environment.ts';
import { createGemini } from './gemini/gemini.ts';
import { createBlockedWords } from './generation/blocked-words.ts';
import { startHousekeeping } from './generation/housekeeping.ts';
import { createGenerationService } from './generation/service.ts';
import { createFitter } from './images/fit.ts';
import { createPictureProcess } from './images/picture-process-client.ts';
import { fetchReference } from './images/references.ts';
import { createSpool } from './images/spool.ts';
import { createLogger, openPrettyOutput } from './logger.ts';
import { measureFitter, measureGemini, measureLedger, measureService } from './ops/measure.ts';
import { measureDiscord, measureRest } from './ops/measure-discord.ts';
import { measureGate } from './ops/measure-gate.ts';
import { createOps } from './ops/ops.ts';
import { createAnswers } from './reply/answers.ts';
import { createDeletions } from './reply/deletions.ts';
import { createLiveReplies } from './reply/live-reply.ts';
import { findOwnPicture, renewOwnUrl } from './reply/own-picture.ts';
import { createPages } from './reply/pages.ts';
import { createReplies } from './reply/replies.ts';
import { createReplyRest } from './reply/rest.ts';
import { english } from './reply/texts.ts';
import { lockData } from './store/data-lock.ts';
import { openStore } from './store/store.ts';

/** A second signal within this time ends the process at once. */
const FORCE_WINDOW_MS = 5_000;
/** EX_CONFIG of sysexits.h, for what only the operator can mend: who restarts the bot may give up. */
const EXIT_CODES = { passing: 1, lasting: 78 } as const;
/** How long the thumbnails of the last pictures may take before the process stops. */
const THUMBNAILS_MS = 2_000;
/** A process that a signal ends is gone long before this. */
const SHIELDED_MS = 500;

/** Builds every part, wires them, and returns what starts and what stops the whole. */
async function build(config: Config) {
  const log = createLogger({
    level: config.log.level,
    secrets: [config.discord.token, config.gemini.apiKey],
    ...(config.log.pretty ? { destination: await openPrettyOutput() } : {}),
  });
  const { apiUrl, token } = config.discord;
  const now = Date.now;
  const ops = createOps({ log: log.child({ room: 'ops' }), now });
  const { metrics } = ops;
  const countAnswers = (library: REST) => measureDiscord(library, metrics);

  const unlockData = lockData(dirname(config.ledger.file));
  const pictures = createPictureProcess({ log: log.child({ room: 'images' }) });
  const spool = createSpool({ ...config.spool, measure: pictures.measure });
  const opened = await openStore({ file: config.ledger.file, now });
  const store = { ...opened, generations: measureLedger(opened.generations, { metrics, log }) };
  const gemini = measureGemini(
    createGemini({ ...config.gemini, spool, log: log.child({ room: 'gemini' }) }),
    { metrics, memory: ops.provider, now },
  );
  const attachments = new Agent({ allowH2: false });
  const rest = measureRest(createReplyRest({ apiUrl, botToken: token }), metrics);
  const fitter = createFitter({ spool, openPicture: pictures.openPicture });
  const replyDeps = {
    rest,
    // The figures are of what is delivered: a reference that is made smaller is no delivery.
    fitter: measureFitter(fitter, metrics),
    spool,
    log: log.child({ room: 'reply' }),
    now,
  };
  const findOwn = (own: Reference) => findOwnPicture(own, { store, rest });
  const renewUrl = (own: Reference) => renewOwnUrl(own, { store, rest }, replyDeps.log);
  const { convert } = pictures;
  const referenceDeps = { spool, fitter, convert, dispatcher: attachments, renewUrl };
  const blockedWords = createBlockedWords();
  const service = createGenerationService({
    store,
    ledger: store.generations,
    gemini,
    fetchReference: (reference, owner, roomBytes, signal) =>
      fetchReference(
        reference,
        owner,
        { ...referenceDeps, ...config.references },
        roomBytes,
        signal,
      ),
    findWhole: spool.findWhole,
    removeFile: (file) => spool.remove(file),
    // Half of the spool is for what is under way.
    mayKeepOriginals: () => spool.usedBytes < config.spool.maxBytes / 2,
    makeThumbnail: pictures.makeThumbnail,
    openReply: createReplies(replyDeps),
    prices: config.prices,
    ...config.limits,
    blockedWords,
    maxReferenceBytes: config.references.maxBytesTogether,
    maxConcurrent: config.maxConcurrent,
    log: log.child({ room: 'generation' }),
    now,
  });
  const generations = measureService(service, metrics);
  const housekeeping = startHousekeeping({
    store,
    spool,
    retentionDays: config.ledger.retentionDays,
    log: log.child({ room: 'housekeeping' }),
    now,
  });
  const answers = createAnswers({ rest, log: log.child({ room: 'reply' }) });
  let stopping = false;
  const client = createClient({ apiUrl, log: log.child({ room: 'discord' }) });
  const gateway = watchGateway(client, {
    now,
    isStopping: () => stopping,
    onDrop: () => metrics.gatewayDrops.inc(),
    log: log.child({ room: 'discord' }),
  });
  countAnswers(client.rest);
  const meter = measureGate<Interaction>(metrics);
  client.on(
    Events.InteractionCreate,
    meter.gate(
      createGate({
        handlers,
        context: {
          generations,
          store,
          pages: createPages({ rest, log: log.child({ room: 'reply' }) }),
          texts: english,
          ...createDeletions(replyDeps),
          clicks: createRecentClicks(now),
          openLiveReply: createLiveReplies(replyDeps),
          findPicture: spool.findWhole,
          drawChart: pictures.drawChart,
          findOwnPicture: findOwn,
          attachmentHosts: config.references.hosts,
          sweepFiles: housekeeping.run,
          limits: config.limits,
          blockedWords,
          prices: config.prices,
          retentionDays: config.ledger.retentionDays,
          now,
        },
        acknowledge: meter.acknowledge(createAcknowledge({ apiUrl, onRest: countAnswers })),
        channelTypeOf: watchChannelTypes(client),
        deferrals: store.deferrals,
        answers,
        operator: config.limits.operator,
        log: log.child({ room: 'gate' }),
        now,
      }),
    ),
  );
  let closeOps = async () => {};
  let unreadable = 0;

  /** What a start cannot go on with is told here, and in health, and goes no further. */
  async function noteUnreadable(): Promise<void> {
    const aside = await store.setAsideUnreadable();
    const { replies, generations: damaged, deferrals, selections } = aside;
    unreadable = replies.length + damaged.length + deferrals + selections;
    if (unreadable > 0) log.error(aside, 'records that cannot be read were set aside');
  }

  /** Beside the start, which cannot wait for a Discord that is busy. What was not said stays noted. */
  async function tellInterrupted(target: ReplyTarget): Promise<void> {
    try {
      const isSettled = await answers.interrupted(target);
      if (isSettled && !stopping) await store.deferrals.clear(target.interactionToken);
    } catch (error) {
      log.error({ err: error }, 'nobody could be told of an interruption');
    }
  }

  return {
    log,
    async start(): Promise<void> {
      const { picturesPerDay, costMicrosPerDay } = config.limits.bot;
      if (picturesPerDay === null && costMicrosPerDay === null) {
        log.warn('neither DAILY_PICTURES nor DAILY_COST_LIMIT is set: nothing bounds the bill');
      }
      closeOps = await ops.open(config.ops, {
        gateway,
        generations,
        checkLedger: store.checkWritable,
        unreadable: () => unreadable,
        spool: { ...config.spool, usedBytes: () => spool.usedBytes },
        pictures: pictures.health,
        isStopping: () => stopping,
      });
      await housekeeping.run();
      await noteUnreadable();
      const owed = await store.deferrals.list();
      client.rest.setToken(token);
      const { applicationId, commands } = await registerCommands(client, handlers, {
        guildId: config.discord.guildId,
        userInstall: config.limits.operator.userInstall,
      });
      const ready = new Promise<void>((resolve) => {
        client.once(Events.ClientReady, () => resolve());
      });
      await logIn(client, token);
      await ready;
      log.info({ applicationId, commands, guildId: config.discord.guildId }, 'ready');
      for (const target of owed) void tellInterrupted(target);
      // What was left behind goes on only now: a wrong token must not spend anything.
      await generations.recover();
    },
    async stop(drainMs: number): Promise<void> {
      const { running, waiting } = generations;
      log.info({ running, waiting }, 'stopping');
      stopping = true;
      // The gateway goes first, so that nothing new comes in; replies do not need it.
      await client.destroy();
      await generations.drain(drainMs);
      // A thumbnail is worth a moment, and the end of its process is the end of waiting for it.
      const closePictures = setTimeout(() => void pictures.close(), THUMBNAILS_MS);
      await generations.settled();
      clearTimeout(closePictures);
      await pictures.close();
      housekeeping.stop();
      await Promise.all([gemini.close(), attachments.close(), blockedWords.close()]);
      await closeOps();
      await store.close();
      unlockData();
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
        // The first process of a container cannot be ended so: the kernel shields it from itself.
        setTimeout(() => process.exit(128 + constants.signals[signal]), SHIELDED_MS);
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

/** Prints what the operator should do, and lets the process end so that whoever started it knows. */
function giveUp(error: unknown): void {
  const { message, isLasting } =
    error instanceof ConfigError
      ? { message: describeConfigError(error), isLasting: true }
      : describeStartFault(error);
  process.stderr.write(`${message}\n`);
  process.exitCode = isLasting ? EXIT_CODES.lasting : EXIT_CODES.passing;
}

async function main(): Promise<void> {
  let config: Config;
  let app: Awaited<ReturnType<typeof build>>;
  try {
    config = loadConfig(readEnvironment());
    app = await build(config);
  } catch (error) {
    giveUp(error);
    return;
  }
  const { log } = app;
  stopOnSignals(() => app.stop(config.drainMs));
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));
  try {
    await app.start();
  } catch (error) {
    log.debug({ err: error }, 'start failed');
    giveUp(error);
    await app.stop(0);
  }
}

await main();
