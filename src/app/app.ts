import { waitAtMost } from '../async/wait-at-most.ts';
import type { Config } from '../config.ts';
import { describeRunFault, type Fault } from '../discord/start-fault.ts';
import type { ReplyTarget } from '../domain.ts';
import { type Foundation, openFoundation } from './foundation.ts';
import { buildGateway, type Gateway } from './gateway.ts';
import { buildGeneration, type Generation } from './generation.ts';

/** How long the thumbnails of the last pictures may take before the process stops. */
const THUMBNAILS_MS = 2_000;
/** How long Discord may take to answer when the bot closes the connection. */
const GOODBYE_MS = 2_000;
/** Any time will do. */
const ALIVE_MS = 60_000;

/** Builds every part of the bot and wires them; nothing runs yet. */
export async function buildApp(config: Config): Promise<App> {
  return new App(await openFoundation(config));
}

/** The bot as a whole: what starts and what stops it. */
export class App {
  readonly #foundation: Foundation;
  readonly #generation: Generation;
  readonly #gateway: Gateway;
  /** Aborts when the stop begins. */
  readonly #stopping = new AbortController();
  readonly #failed = Promise.withResolvers<never>();
  /** Why the process is about to end by itself: the first reason; null while it is not. */
  #failure: Fault | null = null;
  /** Records that could not be read at the start, for health. */
  #unreadable = 0;
  /** What earlier processes left behind is taken up once: set when that begins. */
  #takenUp: Promise<void> | null = null;
  /** The stop happens once: set when it begins. */
  #stopped: Promise<void> | null = null;
  /** Set by `start`, when ops serve. */
  #closeOps = async () => {};

  constructor(foundation: Foundation) {
    this.#foundation = foundation;
    this.#generation = buildGeneration(foundation);
    this.#gateway = buildGateway(foundation, this.#generation, {
      isStopping: () => this.isStopping,
      fail: (error) => this.fail(error),
    });
    this.#failed.promise.catch(() => {});
  }

  get log() {
    return this.#foundation.log;
  }

  get isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Rejects with why the process must end though nobody asked it to; never resolves. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Says that the bot cannot serve any more. The first reason counts. */
  fail(error: unknown): void {
    if (this.isStopping) return;
    this.#failure ??= describeRunFault(error);
    this.#failed.reject(error);
  }

  async start(): Promise<void> {
    const { config, log, store } = this.#foundation;
    const { picturesPerDay, costMicrosPerDay } = config.limits.bot;
    if (picturesPerDay === null && costMicrosPerDay === null) {
      log.warn('neither DAILY_PICTURES nor DAILY_COST_LIMIT is set: nothing bounds the bill');
    }
    await this.#openOps();
    await this.#quarantine();
    const owed = await store.deferrals.list();
    const { applicationId, commands } = await this.#gateway.register();
    // Discord has answered now, and so the clock can be compared with its own.
    await this.#generation.housekeeping.run();
    // What was left behind goes on only now that the token was accepted: a wrong one must not
    // spend anything. It does not wait for the gateway where that takes long.
    const onHeld = () => {
      this.#takeUp(owed).catch((error: unknown) => this.fail(error));
    };
    await Promise.race([this.#gateway.connect(this.#stopping.signal, onHeld), this.failed]);
    log.info({ applicationId, commands, guildId: config.discord.guildId }, 'ready');
    await this.#takeUp(owed);
  }

  /** Ends everything, once. */
  stop(): Promise<void> {
    this.#stopped ??= this.#shutDown();
    return this.#stopped;
  }

  async #openOps(): Promise<void> {
    const { config, ops, store, clock, spool, pictures } = this.#foundation;
    const { service, housekeeping } = this.#generation;
    this.#closeOps = await ops.open(config.ops, {
      gateway: this.#gateway.watch,
      generations: service,
      checkDatabase: store.checkWritable,
      unreadable: () => this.#unreadable,
      clock: { aheadMs: clock.aheadMs, keepsForIt: housekeeping.isWaiting },
      spool: { ...config.spool, usedBytes: () => spool.usedBytes },
      pictures: pictures.health,
      isStopping: () => this.isStopping,
      failure: () => this.#failure?.message ?? null,
    });
  }

  /** What a start cannot go on with is told here, and in health, and goes no further. */
  async #quarantine(): Promise<void> {
    const { store, log } = this.#foundation;
    const quarantined = await store.quarantineUnreadable();
    const { replies, generations, deferrals, selections } = quarantined;
    this.#unreadable = replies.length + generations.length + deferrals + selections;
    if (this.#unreadable > 0) log.error(quarantined, 'records that cannot be read were set aside');
  }

  /** Takes up what an earlier process left behind, once. */
  #takeUp(owed: readonly ReplyTarget[]): Promise<void> {
    if (this.#takenUp === null) {
      for (const target of owed) void this.#announceInterruption(target);
      this.#takenUp = this.#generation.service.recover();
    }
    return this.#takenUp;
  }

  /** Beside the start, which cannot wait for a Discord that is busy. What was not said stays noted. */
  async #announceInterruption(target: ReplyTarget): Promise<void> {
    const { store, log } = this.#foundation;
    try {
      const isSettled = await this.#gateway.answers.interrupted(target);
      if (isSettled && !this.isStopping) await store.deferrals.clear(target.interactionToken);
    } catch (error) {
      log.error({ err: error }, 'an interruption could not be announced');
    }
  }

  async #shutDown(): Promise<void> {
    const { config, log, pictures, store, unlockData } = this.#foundation;
    const { service, housekeeping, blockedWords, closeConnections } = this.#generation;
    log.info({ running: service.running, waiting: service.waiting }, 'stopping');
    this.#stopping.abort();
    // What is waited for may hold nothing open that keeps the process alive.
    const alive = setInterval(() => {}, ALIVE_MS);
    // The gateway goes first, so that nothing new comes in; replies do not need it. In an outage
    // nobody answers its goodbye.
    const disconnected = this.#gateway.disconnect().catch((error) => {
      log.warn({ err: error }, 'the gateway was not closed properly');
    });
    await waitAtMost(GOODBYE_MS, disconnected);
    try {
      // A list that takes seconds to check is no reason to stop later.
      await blockedWords.close();
      await service.drain(config.drainMs);
      // A thumbnail is worth a moment, and the end of its process is the end of waiting for it.
      const closePictures = setTimeout(() => void pictures.close(), THUMBNAILS_MS);
      await service.settled();
      clearTimeout(closePictures);
      await pictures.close();
      housekeeping.stop();
      await closeConnections();
      await this.#closeOps();
      await store.close();
      unlockData();
      log.info('stopped');
    } finally {
      clearInterval(alive);
    }
  }
}
