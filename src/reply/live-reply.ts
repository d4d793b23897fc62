import type { Logger } from 'pino';
import type { ReplyTarget } from '../domain.ts';
import type { LiveReply, OpenLiveReply, WorkingState } from '../generation/live-reply.ts';
import { editPause } from './pacing.ts';
import { renderDone, renderFailed, renderWorking } from './render.ts';
import { ReplyError } from './reply-error.ts';
import type { EditBody, ReplyRest, Sent, Upload } from './rest.ts';
import { english, type Texts } from './texts.ts';

export interface LiveReplyDeps {
  rest: ReplyRest;
  log: Logger;
  texts?: Texts;
  now?: () => number;
}

const DEFAULTS = {
  /** How often the last message is tried when Discord is busy or the line breaks. */
  finalAttempts: 6,
  /** The first pause between those; it doubles each time. */
  finalBackoffMs: 500,
  /** The longest that Discord may ask us to wait before the last message, each time. */
  maxRateLimitWaitMs: 60_000,
} as const;

/**
 * Gives every target its live reply. Edits are never queued: only the newest state is kept, one
 * request is in flight, and progress leaves the bucket's last slot to the end.
 */
export function createLiveReplies(deps: LiveReplyDeps): OpenLiveReply {
  return (target) => openLiveReply(target, deps);
}

function openLiveReply(target: ReplyTarget, deps: LiveReplyDeps): LiveReply {
  const { rest, log } = deps;
  const texts = deps.texts ?? english;
  const now = deps.now ?? Date.now;
  const gone = new AbortController();

  let newest: WorkingState | null = null;
  let lastSent = '';
  let inFlight: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let nextEditAt = 0;
  let over = false;

  function schedule(): void {
    if (over || newest === null || inFlight !== null || timer !== null) return;
    timer = setTimeout(flush, Math.max(0, nextEditAt - now()));
  }

  function flush(): void {
    timer = null;
    if (over || newest === null) return;
    const body = renderWorking(newest, texts);
    newest = null;
    const serialized = JSON.stringify(body);
    if (serialized === lastSent) return;
    lastSent = serialized;
    inFlight = sendProgress(body).finally(() => {
      inFlight = null;
      schedule();
    });
  }

  async function sendProgress(body: EditBody): Promise<void> {
    try {
      const sent = await rest.editOriginal(target, body);
      remember(sent);
      nextEditAt = now() + editPause(sent);
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
      // A lost progress edit costs nothing: a newer one follows, or the end does.
      nextEditAt = now() + Math.max(error.retryAfterMs, 2_000);
      lastSent = '';
      log.debug({ err: error }, 'progress edit not taken');
      if (error.kind === 'gone') leave();
      if (error.kind === 'expired') over = true;
    }
  }

  function remember(sent: Sent): void {
    if (sent.messageId !== null) target.messageId = sent.messageId;
  }

  function leave(): void {
    over = true;
    gone.abort();
  }

  /** Ends the progress and sends the last message, right after the request in flight. */
  async function finish(body: EditBody, upload?: Upload): Promise<void> {
    over = true;
    newest = null;
    if (timer !== null) clearTimeout(timer);
    timer = null;
    await inFlight;
    if (gone.signal.aborted) return;
    for (let attempt = 1; ; attempt++) {
      try {
        remember(await rest.editOriginal(target, body, upload));
        return;
      } catch (error) {
        if (!(error instanceof ReplyError)) throw error;
        if (error.kind === 'gone') return leave();
        const pauseMs = pauseBefore(error, attempt);
        if (pauseMs === null) throw error;
        log.warn({ err: error, attempt, pauseMs }, 'final edit not taken, trying again');
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  return {
    gone: gone.signal,
    show(state) {
      newest = state;
      schedule();
    },
    async deliver(state) {
      const { body, upload } = renderDone(state, texts);
      await finish(body, upload);
    },
    async fail(state) {
      await finish(renderFailed(state, texts));
    },
  };
}

/** How long to wait before the last message is sent once more; null when it would not help. */
function pauseBefore(error: ReplyError, attempt: number): number | null {
  if (attempt >= DEFAULTS.finalAttempts) return null;
  if (error.kind === 'rate_limited') {
    return Math.min(error.retryAfterMs, DEFAULTS.maxRateLimitWaitMs);
  }
  if (error.kind !== 'busy') return null;
  return DEFAULTS.finalBackoffMs * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
}
