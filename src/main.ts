import { dirname } from 'node:path';
import { Events, type REST, RESTEvents } from 'discord.js';
import { Agent } from 'undici';
import { handlers } from '../commands/index.ts';
import { waitAtMost } from './async/wait-at-most.ts';
import { type Config, ConfigError, describeConfigError, loadConfig } from './config.ts';
import { createAcknowledge } from './discord/acknowledge.ts';
import { watchChannelTypes } from './discord/channel-types.ts';
import { createGate } from './discord/gate.ts';
import { createClient, logIn } from './discord/gateway-client.ts';
import { labelOfClose, watchGateway } from './discord/gateway-watch.ts';
import { paceIdentifies } from './discord/identify-pacer.ts';
import { createRecentClicks } from './discord/recent-clicks.ts';
import { registerCommands } from './discord/registration.ts';
import { reportAnswers } from './discord/report-answers.ts';
import {
  describeRunFault,
  describeStartFault,
  type Fault,
  GatewayClosedError,
} from './discord/start-fault.ts';
import { createDeletions } from './discord-http/deletions.ts';
import { createReplyRest } from './discord-http/rest.ts';
import type { PictureReference, ReplyTarget } from './domain.ts';
import { readEnvironment } from './environment.ts';
import { createGemini } from './gemini/gemini.ts';
import { startHousekeeping } from './generation/housekeeping.ts';
import { GenerationService } from './generation/service.ts';
import { createFitter } from './images/fit/fitter.ts';
import { createPictureProcess } from './images/process-client/client.ts';
import { fetchReference } from './images/references/fetch-reference.ts';
import { createSpool } from './images/spool/spool.ts';
import { createLogger, openPrettyOutput } from './logger.ts';
import { createClockCheck } from './ops/clock-check.ts';
import { createOps } from './ops/ops.ts';
import { createAnswers } from './pages/answers.ts';
import { createPages } from './pages/pages.ts';
import { endSoon, giveUp, stopOnSignals } from './process-end.ts';
import { findOwnPicture, renewOwnUrl } from './reply/own-picture.ts';
import { createLiveReplies } from './reply/reply.ts';
import { lockData } from './store/sqlite/data-lock.ts';
import { openStore } from './store/store.ts';
import { english } from './texts/english.ts';
import { createBlockedWords } from './word-filter/blocked-words.ts';

/** How long the thumbnails of the last pictures may take before the process stops. */
const THUMBNAILS_MS = 2_000;
/** How long Discord may take to answer when the bot closes the connection. */
const GOODBYE_MS = 2_000;
/** Beyond the drain, for what a stop does after it. */
const STOP_GRACE_MS = 15_000;
/** Any time will do. */
const ALIVE_MS = 60_000;
/** Where nothing tells why. */
const LOST =
  'the connection to Discord’s gateway was lost and does not come back. Start it again; the log may tell why.';

/** Milliseconds from the epoch, which no change of the machine's clock moves. */
const steadyNow = () => performance.timeOrigin + performance.now();

/** Builds every part, wires them, and returns what starts and what stops the whole. */
async function build(config: Config) {
  const log = createLogger({
    level: config.log.level,
    secrets: [config.discord.token, config.gemini.apiKey],
    ...(config.log.pretty ? { destination: await openPrettyOutput() } : {}),
  });
  const { apiUrl, token } = config.discord;
  const now = Date.now;
  const ops = createOps({ log, now: steadyNow });
  const { report } = ops;
  const clock = createClockCheck(now, steadyNow);
  const countAnswers = (library: REST) => {
    reportAnswers(library, report);
    library.on(RESTEvents.Response, (_, { headers }) => clock.note(headers.get('date')));
  };

  const unlockData = lockData(dirname(config.database.file));
  const pictures = createPictureProcess({ log: log.child({ module: 'images' }) });
  const spool = createSpool({ ...config.spool, measure: pictures.measure });
  const store = await openStore({ file: config.database.file, now });
  const gemini = createGemini({
    ...config.gemini,
    spool,
    report,
    log: log.child({ module: 'gemini' }),
  });
  const attachments = new Agent({ allowH2: false });
  const rest = createReplyRest({ apiUrl, botToken: token, onDate: clock.note, report });
  const fitter = createFitter({ spool, openPicture: pictures.openPicture, report });
  const replyDeps = {
    rest,
    fitter,
    spool,
    log: log.child({ module: 'reply' }),
    now,
  };
  const openLiveReply = createLiveReplies(replyDeps);
  const findOwn = (own: PictureReference) => findOwnPicture(own, { store, rest });
  const renewUrl = (own: PictureReference) => renewOwnUrl(own, { store, rest }, replyDeps.log);
  const { convert } = pictures;
  const referenceDeps = { spool, fitter, convert, dispatcher: attachments, renewUrl };
  const blockedWords = createBlockedWords(log.child({ module: 'generation' }));
  const generations = new GenerationService({
    store,
    generations: store.generations,
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
    openLiveReply,
    prices: config.prices,
    ...config.limits,
    blockedWords,
    maxReferenceBytes: config.references.maxBytesTogether,
    maxConcurrent: config.maxConcurrent,
    report,
    log: log.child({ module: 'generation' }),
    now,
  });
  const housekeeping = startHousekeeping({
    store,
    spool,
    retentionDays: config.database.retentionDays,
    clockAheadMs: clock.aheadMs,
    steady: steadyNow,
    log: log.child({ module: 'housekeeping' }),
    now,
  });
  const answers = createAnswers({ rest, log: log.child({ module: 'reply' }) });
  let stopping = false;
  let failure: Fault | null = null;
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  /** Ends the process, with a word: it cannot serve any more. The first reason counts. */
  const fail = (error: unknown): void => {
    if (stopping) return;
    failure ??= describeRunFault(error);
    failed.reject(error);
  };
  const discordLog = log.child({ module: 'discord' });
  const client = createClient({ apiUrl, log: discordLog });
  const identifies = paceIdentifies(client, {
    now: steadyNow,
    onIdentify: () => report({ type: 'gateway_identified' }),
    onRefused: fail,
    log: discordLog,
  });
  const gateway = watchGateway(client, {
    now: steadyNow,
    isStopping: () => stopping,
    held: identifies.held,
    onDrop: () => report({ type: 'gateway_dropped' }),
    onClose: (code) => report({ type: 'gateway_closed', code: labelOfClose(code) }),
    onClosedForGood: (code) => fail(new GatewayClosedError(code)),
    onStuck: () => fail(new Error(LOST)),
    log: discordLog,
  });
  countAnswers(client.rest);
  client.on(
    Events.InteractionCreate,
    createGate({
      handlers,
      context: {
        generations,
        store,
        pages: createPages({ rest, log: log.child({ module: 'reply' }) }),
        texts: english,
        images: {
          findPicture: spool.findWhole,
          findOwnPicture: findOwn,
          attachmentHosts: config.references.hosts,
        },
        deletions: { ...createDeletions(replyDeps), clicks: createRecentClicks(now) },
        operator: { ...config.limits, prices: config.prices },
        blockedWords,
        retention: {
          days: config.database.retentionDays,
          forget: store.retention.forget,
          sweepFiles: housekeeping.run,
        },
        openLiveReply,
        drawChart: pictures.drawChart,
        now,
      },
      acknowledge: createAcknowledge({ apiUrl, onRest: countAnswers }),
      channelTypeOf: watchChannelTypes(client),
      deferrals: store.deferrals,
      answers,
      operator: config.limits.operator,
      report,
      log: log.child({ module: 'gate' }),
      now,
    }),
  );
  let closeOps = async () => {};
  let unreadable = 0;

  /** What a start cannot go on with is told here, and in health, and goes no further. */
  async function noteUnreadable(): Promise<void> {
    const aside = await store.quarantineUnreadable();
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

  const ending = new AbortController();
  let ended: Promise<void> | null = null;

  /** Takes up what an earlier process left behind, once. */
  let takenUp: Promise<void> | null = null;
  const takeUp = (owed: readonly ReplyTarget[]): Promise<void> => {
    if (takenUp === null) {
      for (const target of owed) void tellInterrupted(target);
      takenUp = generations.recover();
    }
    return takenUp;
  };

  async function connect(onHeld: () => void): Promise<void> {
    await identifies.beforeLogin(ending.signal, onHeld);
    const ready = new Promise<void>((resolve) => {
      client.once(Events.ClientReady, () => resolve());
    });
    await logIn(client, token);
    await ready;
  }

  async function shutDown(drainMs: number): Promise<void> {
    const { running, waiting } = generations;
    log.info({ running, waiting }, 'stopping');
    stopping = true;
    ending.abort();
    identifies.close();
    // What is waited for may hold nothing open that keeps the process alive.
    const alive = setInterval(() => {}, ALIVE_MS);
    // The gateway goes first, so that nothing new comes in; replies do not need it. In an outage
    // nobody answers its goodbye.
    await waitAtMost(GOODBYE_MS, client.destroy());
    try {
      // A list that takes seconds to check is no reason to stop later.
      await blockedWords.close();
      await generations.drain(drainMs);
      // A thumbnail is worth a moment, and the end of its process is the end of waiting for it.
      const closePictures = setTimeout(() => void pictures.close(), THUMBNAILS_MS);
      await generations.settled();
      clearTimeout(closePictures);
      await pictures.close();
      housekeeping.stop();
      await Promise.all([gemini.close(), attachments.close()]);
      await closeOps();
      await store.close();
      unlockData();
      log.info('stopped');
    } finally {
      clearInterval(alive);
    }
  }

  return {
    log,
    fail,
    /** Rejects with why the process must end though nobody asked it to; never resolves. */
    failed: failed.promise,
    isStopping: () => stopping,
    async start(): Promise<void> {
      const { picturesPerDay, costMicrosPerDay } = config.limits.bot;
      if (picturesPerDay === null && costMicrosPerDay === null) {
        log.warn('neither DAILY_PICTURES nor DAILY_COST_LIMIT is set: nothing bounds the bill');
      }
      closeOps = await ops.open(config.ops, {
        gateway,
        generations,
        checkDatabase: store.checkWritable,
        unreadable: () => unreadable,
        clock: { aheadMs: clock.aheadMs, keepsForIt: housekeeping.isWaiting },
        spool: { ...config.spool, usedBytes: () => spool.usedBytes },
        pictures: pictures.health,
        isStopping: () => stopping,
        failure: () => failure?.message ?? null,
      });
      await noteUnreadable();
      const owed = await store.deferrals.list();
      client.rest.setToken(token);
      const { applicationId, commands } = await registerCommands(client, handlers, {
        guildId: config.discord.guildId,
        userInstall: config.limits.operator.userInstall,
      });
      // Discord has answered now, and so the clock can be compared with its own.
      await housekeeping.run();
      // What was left behind goes on only now that the token was accepted: a wrong one must not
      // spend anything. It does not wait for the gateway where that takes long.
      const onHeld = () => {
        takeUp(owed).catch(fail);
      };
      await Promise.race([connect(onHeld), failed.promise]);
      log.info({ applicationId, commands, guildId: config.discord.guildId }, 'ready');
      await takeUp(owed);
    },
    /** Ends everything, once. */
    stop(drainMs: number): Promise<void> {
      ended ??= shutDown(drainMs);
      return ended;
    },
  };
}

async function main(): Promise<void> {
  let config: Config;
  let app: Awaited<ReturnType<typeof build>>;
  try {
    config = loadConfig(readEnvironment());
    app = await build(config);
  } catch (error) {
    giveUp(
      error instanceof ConfigError
        ? { message: describeConfigError(error), isLasting: true }
        : describeStartFault(error),
    );
    return;
  }
  const { log } = app;
  const stop = () => app.stop(config.drainMs);
  stopOnSignals(stop);
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));
  // Nothing is left that could bring an interaction: without this the process would end in silence.
  process.on('beforeExit', () => app.fail(new Error(LOST)));

  async function end(fault: Fault): Promise<void> {
    giveUp(fault, log);
    try {
      // Nobody outside may be there to end a stop that hangs.
      await waitAtMost(config.drainMs + STOP_GRACE_MS, stop());
    } finally {
      endSoon();
    }
  }
  try {
    await app.start();
  } catch (error) {
    log.debug({ err: error }, 'start failed');
    if (!app.isStopping()) await end(describeStartFault(error));
    return;
  }
  app.failed.catch(async (error: unknown) => await end(describeRunFault(error)));
}

await main();
