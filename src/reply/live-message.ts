import type { Logger } from 'pino';
import type { ReplyTarget } from '../domain.ts';
import type { LastMessageDeps } from './last-message.ts';
import { editPause } from './pacing.ts';
import { isForNow, ReplyError } from './reply-error.ts';
import type { EditBody, ReplyRest, Sent, Upload } from './rest.ts';
import { createWriteTurns } from './write-turns.ts';
import { createReplyWriter } from './writer.ts';

/** What a message shows while it is worked on. */
export interface LiveMessageView {
  /** Made anew for each edit, so that it is always the newest; null once there is no progress. */
  render(): { body: EditBody; uploads: Upload[] } | null;
  /** Whether time alone changes what it shows: a bar moves. */
  moves(): boolean;
}

/**
 * One message that is edited until its work is done. Edits are never queued: one request is in
 * flight, progress leaves the bucket's last slot to the ends, and ends go before progress.
 */
export interface LiveMessage {
  /** Aborts when the message was deleted. */
  readonly gone: AbortSignal;
  isReachable(): boolean;
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
}

export interface LiveMessageDeps {
  rest: ReplyRest;
  log: Logger;
  now: () => number;
  /** Is told the message's id once it is known. */
  onMessage: (messageId: string) => void;
}

const DEFAULTS = {
  /** After a progress edit that Discord did not take. */
  faultPauseMs: 2_000,
  /** How often the bar moves when nothing else changes. */
  refreshMs: 4_000,
} as const;

export function createLiveMessage(
  target: ReplyTarget,
  view: LiveMessageView,
  { rest, log, now, onMessage }: LiveMessageDeps,
): LiveMessage {
  const writer = createReplyWriter(target, { rest, now });
  const turns = createWriteTurns();
  const gone = new AbortController();
  let hasNews = false;
  let lastSent = '';
  let isSending = false;
  let timer: NodeJS.Timeout | null = null;
  /** The timer only moves the bar; anything new goes before it. */
  let isRefresh = false;
  let nextEditAt = 0;
  /** The token is dead: the end may still go through the channel, progress may not. */
  let isExpired = false;

  function schedule(): void {
    if (isSending || isExpired || gone.signal.aborted) return;
    if (timer !== null && !(isRefresh && hasNews)) return;
    stopTimer();
    isRefresh = !hasNews;
    if (isRefresh && !view.moves()) return;
    const pauseMs = Math.max(0, nextEditAt - now());
    timer = setTimeout(flush, isRefresh ? Math.max(pauseMs, DEFAULTS.refreshMs) : pauseMs);
  }

  function stopTimer(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  }

  async function flush(): Promise<void> {
    stopTimer();
    isSending = true;
    const release = await turns.hold('progress');
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
    if (isExpired || gone.signal.aborted) return;
    const rendered = view.render();
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
      nextEditAt = now() + Math.max(retryAfterMs, DEFAULTS.faultPauseMs);
      lastSent = '';
      log.debug({ err: error }, 'progress edit not taken');
      if (!(error instanceof ReplyError)) return;
      if (isForNow(error)) hasNews = true;
      if (error.kind === 'gone') gone.abort();
      if (error.kind === 'expired') isExpired = true;
    }
  }

  function remember(sent: Sent): void {
    nextEditAt = now() + editPause(sent);
    const id = sent.message?.id;
    if (id === undefined || id === target.messageId) return;
    target.messageId = id;
    onMessage(id);
  }

  return {
    gone: gone.signal,
    isReachable: () => !gone.signal.aborted && writer.isReachable(),
    changed() {
      hasNews = true;
      schedule();
    },
    flush,
    async holdForEnd() {
      const release = await turns.hold('end');
      return () => {
        release();
        schedule();
      };
    },
    last: { writer, log, remember, disappear: () => gone.abort() },
  };
}

function sizeOf(upload: Upload): number {
  return 'bytes' in upload ? upload.bytes.length : 0;
}
