import { MessageFlags } from 'discord-api-types/v10';
import type { Logger } from 'pino';
import { Semaphore } from '../async/semaphore.ts';
import { INTERACTION_TOKEN_MS } from '../discord-http/discord-limits.ts';
import { isForbidden, isTransient, ReplyError } from '../discord-http/errors.ts';
import type { EditBody, ReplyRest, Sent, Upload } from '../discord-http/rest.ts';
import type { ReplyTarget } from '../domain.ts';
import type { OnMessage } from '../generation/live-reply.ts';
import { elapsedMs } from '../store/moments.ts';
import type { Texts } from '../texts/english.ts';
import type { LastMessageDeps, sendLast } from './last-message.ts';
import { editPause } from './pacing.ts';
import { blocksWords, createWording, mayHelpPlainer } from './wording.ts';
import { createReplyWriter } from './writer.ts';

/** What a message shows while it is worked on. */
export interface LiveMessageView {
  /** Whether there is no more progress to show. */
  isOver(): boolean;
  /** Made anew for each edit, so that it is always the newest; null while there is nothing yet. */
  render(plainness: 'full' | 'plain'): { body: EditBody; uploads: Upload[] } | null;
  /** Whether time alone changes what it shows: a bar moves. */
  moves(): boolean;
  /** Soon nothing can be written here any more: from now on it says where to look instead. */
  close(): void;
  /** The end was posted as a message of its own: what the lost one held went with it. */
  movedOn?(): void;
}

/**
 * One message that is edited until its work is done. Edits are never queued: one request is in
 * flight, progress leaves the bucket's last slot to the ends, and ends go before progress.
 */
export interface LiveMessage {
  /** Aborts when the message was deleted. */
  readonly gone: AbortSignal;
  isReachable(): boolean;
  /** See `LiveReply`. */
  areWordsBlocked(): Promise<boolean>;
  /** There is something new to show; it goes out as soon as the pace allows. */
  changed(): void;
  /** Shows the newest now. Resolves when it was tried; never throws. */
  flush(): Promise<void>;
  /**
   * Waits for the request in flight and keeps the message for an end, until what it resolves with
   * gives it back.
   */
  holdForEnd(): Promise<() => void>;
  /** What sends the ends. */
  readonly last: LastMessageDeps;
  /** Whether an end that was sent so is still to be told; a dead token leaves no other way. */
  isOwed(sent: Awaited<ReturnType<typeof sendLast>>): boolean;
}

export interface LiveMessageDeps {
  rest: ReplyRest;
  log: Logger;
  now: () => number;
  onMessage: OnMessage;
  texts: Texts;
  timers?: Timers;
}

/** What a test may hold still. */
export type Timers = Pick<typeof globalThis, 'setTimeout' | 'clearTimeout'>;

const DEFAULTS = {
  /** After a progress edit that Discord did not take. */
  faultPauseMs: 2_000,
  /** How often the bar moves when nothing else changes. */
  refreshMs: 4_000,
  /** An earlier process may have left the bucket with its last slot; this long until it is full. */
  resumePauseMs: 5_000,
  /** How long before its token dies a message that nothing else reaches says so. */
  closeBeforeMs: 20_000,
  /** The longest that anybody waits to hear whether the first edit was taken. */
  firstAnswerMs: 1_000,
} as const;

export function createLiveMessage(
  target: ReplyTarget,
  view: LiveMessageView,
  { rest, log, now, onMessage, texts, timers = globalThis }: LiveMessageDeps,
): LiveMessage {
  const writer = createReplyWriter(target, { rest, now });
  const writing = new Semaphore(1);
  const wording = createWording();
  const firstAnswer = Promise.withResolvers<void>();
  let isBlocked = false;
  const gone = new AbortController();
  let hasNews = false;
  let lastSent = '';
  let isSending = false;
  let timer: NodeJS.Timeout | null = null;
  /** The timer only moves the bar; anything new goes before it. */
  let isRefresh = false;
  let pause = { from: now(), ms: target.messageId === null ? 0 : DEFAULTS.resumePauseMs };
  let closing: NodeJS.Timeout | null = null;
  /** An edit reaches the message no more, by token or channel; the end may still be posted anew. */
  let isShut = false;

  if (target.messageId !== null) firstAnswer.resolve();

  const takesProgress = () => !isShut && !gone.signal.aborted && !view.isOver();

  function schedule(): void {
    if (!takesProgress()) {
      stopClosing();
      return;
    }
    closing ??= scheduleClosing();
    if (isSending) return;
    if (timer !== null && !(isRefresh && hasNews)) return;
    stopTimer();
    isRefresh = !hasNews;
    if (isRefresh && !view.moves()) return;
    // A clock that was set back must not make the pause longer than it is.
    const pauseMs = Math.max(0, pause.ms - elapsedMs(pause.from, now()));
    timer = timers.setTimeout(flush, isRefresh ? Math.max(pauseMs, DEFAULTS.refreshMs) : pauseMs);
  }

  function stopTimer(): void {
    if (timer !== null) timers.clearTimeout(timer);
    timer = null;
  }

  /** null where a channel is open to us behind the token. */
  function scheduleClosing(): NodeJS.Timeout | null {
    if (writer.outlivesToken()) return null;
    const leftMs = target.tokenExpiresAt - DEFAULTS.closeBeforeMs - now();
    const pauseMs = Math.min(Math.max(leftMs, 0), INTERACTION_TOKEN_MS);
    const waiting = timers.setTimeout(() => {
      view.close();
      changed();
    }, pauseMs);
    return waiting.unref();
  }

  function stopClosing(): void {
    if (closing !== null) timers.clearTimeout(closing);
    closing = null;
  }

  function changed(): void {
    hasNews = true;
    schedule();
  }

  async function flush(): Promise<void> {
    stopTimer();
    isSending = true;
    const release = await writing.acquire();
    try {
      await sendProgress();
    } finally {
      release();
      isSending = false;
      schedule();
    }
  }

  async function sendProgress(): Promise<void> {
    hasNews = false;
    if (!takesProgress()) return;
    const rendered = view.render(wording.plainness === 'full' ? 'full' : 'plain');
    if (rendered === null) return;
    const { body, uploads } = rendered;
    // Each draft has a size of its own: it need not be compared byte by byte.
    const serialized = JSON.stringify([body, uploads.map((upload) => sizeOf(upload))]);
    if (serialized === lastSent) return;
    lastSent = serialized;
    try {
      remember(await writer.edit(body, uploads));
    } catch (error) {
      // A lost progress edit costs nothing: the newest follows, or the end does.
      const retryAfterMs = error instanceof ReplyError ? error.retryAfterMs : 0;
      pause = { from: now(), ms: Math.max(retryAfterMs, DEFAULTS.faultPauseMs) };
      lastSent = '';
      log.debug({ err: error }, 'progress edit not taken');
      if (!(error instanceof ReplyError)) return;
      if (isTransient(error)) hasNews = true;
      if (mayHelpPlainer(error)) {
        // What was refused is not sent again as it was.
        lastSent = serialized;
        isBlocked ||= blocksWords(error);
        if (wording.plainness === 'full') hasNews = wording.makePlainer();
      }
      if (error.kind === 'gone') gone.abort();
      if (error.kind === 'expired' || isForbidden(error)) isShut = true;
    } finally {
      firstAnswer.resolve();
    }
  }

  function remember(sent: Sent): void {
    pause = { from: now(), ms: editPause(sent) };
    const { id, flags = 0 } = sent.message ?? {};
    // Where the person may not speak in the open, Discord shows to them alone what was to be public.
    if (flags & MessageFlags.Ephemeral) target.ephemeral = true;
    isShut = false;
    if (id === undefined || id === target.messageId) return;
    // Whatever stands in between may answer an edit with a message of others; no edit moves one.
    if (target.messageId !== null && sent.isNew) view.movedOn?.();
    target.messageId = id;
    onMessage(id, target.ephemeral);
  }

  async function areWordsBlocked(): Promise<boolean> {
    const waiting = Promise.withResolvers<void>();
    const timeout = timers.setTimeout(waiting.resolve, DEFAULTS.firstAnswerMs);
    await Promise.race([firstAnswer.promise, waiting.promise]);
    timers.clearTimeout(timeout);
    return isBlocked;
  }

  return {
    gone: gone.signal,
    areWordsBlocked,
    isReachable: () => !gone.signal.aborted && writer.isReachable(),
    changed,
    flush,
    async holdForEnd() {
      const release = await writing.acquire({ priority: 'high' });
      // What was shown before is not what the message shows now.
      lastSent = '';
      return () => {
        release();
        schedule();
      };
    },
    isOwed: (sent) => sent === 'refused' && writer.isTokenAlive(),
    last: { writer, wording, texts, log, remember, disappear: () => gone.abort() },
  };
}

function sizeOf(upload: Upload): number {
  return 'bytes' in upload ? upload.bytes.length : 0;
}
