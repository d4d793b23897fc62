import type { Logger } from 'pino';
import { Semaphore } from '../async/semaphore.ts';
import { INTERACTION_TOKEN_MS } from '../discord-http/discord-limits.ts';
import { isForbidden, isTransient, ReplyError } from '../discord-http/errors.ts';
import type { Upload } from '../discord-http/multipart.ts';
import type { EditBody, ReplyRest, Sent } from '../discord-http/rest.ts';
import type { ReplyTarget } from '../domain.ts';
import type { OnMessage } from '../generation/live-reply.ts';
import { elapsedMs } from '../store/moments.ts';
import type { Texts } from '../texts/english.ts';
import type { FinalUpdateDeps } from './final-update.ts';
import { blocksWords, mayHelpPlainer, Wording } from './wording.ts';
import { ReplyWriter } from './writer.ts';

/** What a message shows while it is worked on. */
export interface LiveMessageView {
  /** Whether there is no more progress to show. */
  isOver(): boolean;
  /** Made anew for each edit, so that it is always the newest; null while there is nothing yet. */
  render(plainness: 'full' | 'plain'): { body: EditBody; uploads: Upload[] } | null;
  /** Whether time alone changes what it shows: a bar moves. */
  moves(): boolean;
  /** Soon nothing can be written here any more: from now on it says where to look instead. */
  onClosing(): void;
  /** The message was lost and posted anew: the files that it held went with it. */
  onReposted(): void;
}

export interface LiveMessageDeps {
  rest: ReplyRest;
  log: Logger;
  now: () => number;
  onMessage: OnMessage;
  texts: Texts;
  /** What a test may hold still. */
  timers?: Pick<typeof globalThis, 'setTimeout' | 'clearTimeout'>;
}

const DEFAULTS = {
  /** Faster than this, people cannot read what changes. */
  minPauseMs: 1_000,
  /** Used when Discord sends no rate-limit headers; its documented bucket is 5 in 5 s. */
  unknownPauseMs: 1_250,
  /** After a progress edit that Discord rejected. */
  faultPauseMs: 2_000,
  /** How often the bar moves when nothing else changes. */
  refreshMs: 4_000,
  /** An earlier process may have left the bucket with its last slot; this long until it is full. */
  resumePauseMs: 5_000,
  /** How long before its token dies a message that nothing else reaches says so. */
  closeBeforeMs: 20_000,
  /** The longest that anybody waits to hear whether the first edit was accepted. */
  firstAnswerMs: 1_000,
} as const;

/**
 * One message that is edited until its work is done. Edits are never queued: one request is in
 * flight, progress leaves the bucket's last slot to final updates, and those go before progress.
 */
export class LiveMessage {
  readonly #target: ReplyTarget;
  readonly #view: LiveMessageView;
  readonly #deps: LiveMessageDeps;
  readonly #timers: NonNullable<LiveMessageDeps['timers']>;
  readonly #writer: ReplyWriter;
  readonly #wording = new Wording();
  /** Held by whoever writes the message, through all attempts of a final update. */
  readonly #writing = new Semaphore(1);
  readonly #deleted = new AbortController();
  /** Resolves with the answer to the first edit, whatever that is. */
  readonly #firstAnswer = Promise.withResolvers<void>();
  /** Set for good when Discord refused a progress edit for its words. */
  #areWordsBlocked = false;
  /** Set by `changed`, cleared when an edit takes the newest state. */
  #hasNews = false;
  /** The last progress edit, so that none is repeated; '' when it is not known what stands there. */
  #lastSent = '';
  /** While a progress edit waits for its turn or its answer; the next is scheduled after it. */
  #isSending = false;
  /** The next progress edit; at most one. */
  #timer: NodeJS.Timeout | null = null;
  /** The timer only moves the bar; anything new goes before it. */
  #isRefresh = false;
  /** The shortest pause after the last write, by the clock of `now`. */
  #pause: { from: number; ms: number };
  /** Says before the token dies that it does; null where a channel is open to us behind it. */
  #closingTimer: NodeJS.Timeout | null = null;
  /** An edit no longer reaches the message, by token or channel; a final update may still post it anew. */
  #isClosed = false;

  constructor(target: ReplyTarget, view: LiveMessageView, deps: LiveMessageDeps) {
    const { rest, now, timers = globalThis } = deps;
    this.#target = target;
    this.#view = view;
    this.#deps = deps;
    this.#timers = timers;
    this.#writer = new ReplyWriter(target, { rest, now });
    this.#pause = { from: now(), ms: target.messageId === null ? 0 : DEFAULTS.resumePauseMs };
    if (target.messageId !== null) this.#firstAnswer.resolve();
  }

  /** Aborts when the message was deleted. */
  get deleted(): AbortSignal {
    return this.#deleted.signal;
  }

  /** Whether its person alone sees the message: Discord may decide that by itself. */
  get isPrivate(): boolean {
    return this.#writer.isPrivate;
  }

  /** What sends final updates; the message must be acquired for each. */
  get finalDeps(): FinalUpdateDeps {
    return {
      writer: this.#writer,
      wording: this.#wording,
      texts: this.#deps.texts,
      log: this.#deps.log,
      onSent: (sent) => this.#noteAnswer(sent),
      onDeleted: () => this.#deleted.abort(),
    };
  }

  isReachable(): boolean {
    return !this.deleted.aborted && this.#writer.isReachable();
  }

  /** Whether a refused final update is still to be shown; a dead token leaves no other way. */
  mayBeShownLater(): boolean {
    return this.#writer.isTokenAlive();
  }

  /** There is something new to show; it goes out as soon as the pace allows. */
  changed(): void {
    this.#hasNews = true;
    this.#schedule();
  }

  /** Shows the newest now. Resolves when it was tried; never rejects. */
  async flush(): Promise<void> {
    this.#stopTimer();
    this.#isSending = true;
    const release = await this.#writing.acquire();
    try {
      await this.#sendProgress();
    } finally {
      release();
      this.#isSending = false;
      this.#schedule();
    }
  }

  /**
   * Waits for the request in flight and keeps the message for a final update, until what it
   * resolves with gives it back.
   */
  async acquire(): Promise<() => void> {
    const release = await this.#writing.acquire({ priority: 'high' });
    // What was shown before is not what the message shows now.
    this.#lastSent = '';
    return () => {
      release();
      this.#schedule();
    };
  }

  /** See `LiveReply`. */
  async areWordsBlocked(): Promise<boolean> {
    const waiting = Promise.withResolvers<void>();
    const timeout = this.#timers.setTimeout(waiting.resolve, DEFAULTS.firstAnswerMs);
    await Promise.race([this.#firstAnswer.promise, waiting.promise]);
    this.#timers.clearTimeout(timeout);
    return this.#areWordsBlocked;
  }

  #takesProgress(): boolean {
    return !this.#isClosed && !this.deleted.aborted && !this.#view.isOver();
  }

  #schedule(): void {
    if (!this.#takesProgress()) {
      if (this.#closingTimer !== null) this.#timers.clearTimeout(this.#closingTimer);
      this.#closingTimer = null;
      return;
    }
    this.#closingTimer ??= this.#scheduleClosing();
    if (this.#isSending) return;
    if (this.#timer !== null && !(this.#isRefresh && this.#hasNews)) return;
    this.#stopTimer();
    this.#isRefresh = !this.#hasNews;
    if (this.#isRefresh && !this.#view.moves()) return;
    // A clock that was set back must not make the pause longer than it is.
    const leftMs = Math.max(0, this.#pause.ms - elapsedMs(this.#pause.from, this.#deps.now()));
    const pauseMs = this.#isRefresh ? Math.max(leftMs, DEFAULTS.refreshMs) : leftMs;
    this.#timer = this.#timers.setTimeout(() => this.flush(), pauseMs);
  }

  #stopTimer(): void {
    if (this.#timer !== null) this.#timers.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #scheduleClosing(): NodeJS.Timeout | null {
    if (this.#writer.outlivesToken()) return null;
    const leftMs = this.#target.tokenExpiresAt - DEFAULTS.closeBeforeMs - this.#deps.now();
    const pauseMs = Math.min(Math.max(leftMs, 0), INTERACTION_TOKEN_MS);
    const waiting = this.#timers.setTimeout(() => {
      this.#view.onClosing();
      this.changed();
    }, pauseMs);
    return waiting.unref();
  }

  async #sendProgress(): Promise<void> {
    this.#hasNews = false;
    if (!this.#takesProgress()) return;
    const rendered = this.#view.render(this.#wording.plainness === 'full' ? 'full' : 'plain');
    if (rendered === null) return;
    const { body, uploads } = rendered;
    // Each draft has a size of its own: it need not be compared byte by byte.
    const serialized = JSON.stringify([body, uploads.map(sizeOf)]);
    if (serialized === this.#lastSent) return;
    this.#lastSent = serialized;
    try {
      this.#noteAnswer(await this.#writer.edit(body, uploads));
    } catch (error) {
      this.#noteRejected(error, serialized);
    } finally {
      this.#firstAnswer.resolve();
    }
  }

  /** A lost progress edit costs nothing: the newest follows, or the final update does. */
  #noteRejected(error: unknown, serialized: string): void {
    const retryAfterMs = error instanceof ReplyError ? error.retryAfterMs : 0;
    const pauseMs = Math.max(retryAfterMs, DEFAULTS.faultPauseMs);
    this.#pause = { from: this.#deps.now(), ms: pauseMs };
    this.#lastSent = '';
    this.#deps.log.debug({ err: error }, 'progress edit rejected');
    if (!(error instanceof ReplyError)) return;
    if (isTransient(error)) this.#hasNews = true;
    if (mayHelpPlainer(error)) {
      // What was refused is not sent again as it was.
      this.#lastSent = serialized;
      this.#areWordsBlocked ||= blocksWords(error);
      if (this.#wording.plainness === 'full') this.#hasNews = this.#wording.makePlainer();
    }
    if (error.kind === 'gone') this.#deleted.abort();
    if (error.kind === 'expired' || isForbidden(error)) this.#isClosed = true;
  }

  #noteAnswer(sent: Sent): void {
    this.#pause = { from: this.#deps.now(), ms: editPause(sent) };
    this.#isClosed = false;
    const isKnown = this.#writer.messageId !== null;
    const messageId = this.#writer.note(sent);
    if (messageId === null) return;
    // A proxy may answer an edit with a message of others; no edit moves one.
    if (isKnown && sent.isNew) this.#view.onReposted();
    this.#deps.onMessage(messageId, this.#writer.isPrivate);
  }
}

function sizeOf(upload: Upload): number {
  return 'bytes' in upload ? upload.bytes.length : 0;
}

/**
 * Milliseconds until the next progress edit. The pause grows as the bucket empties, and the last
 * slot is never taken: the end of a reply must find it free.
 */
export function editPause({
  remaining,
  resetAfterMs,
}: Pick<Sent, 'remaining' | 'resetAfterMs'>): number {
  if (remaining === null || resetAfterMs === null) return DEFAULTS.unknownPauseMs;
  return Math.max(resetAfterMs / Math.max(remaining, 1), DEFAULTS.minPauseMs);
}
