import type { Logger } from 'pino';
import type { ReplyTarget } from '../domain.ts';
import type { LiveReply, OpenLiveReply, WorkingState } from '../generation/live-reply.ts';
import type { Fitter } from '../images/fit.ts';
import type { Spool } from '../images/spool.ts';
import { deliverPicture } from './delivery.ts';
import { sendLast } from './last-message.ts';
import { editPause } from './pacing.ts';
import { renderDone } from './render-done.ts';
import { renderFailed } from './render-failed.ts';
import { renderWorking } from './render-working.ts';
import { ReplyError } from './reply-error.ts';
import type { ReplyRest, Sent } from './rest.ts';
import { english, type Texts } from './texts.ts';
import { createReplyWriter } from './writer.ts';

export interface LiveReplyDeps {
  rest: ReplyRest;
  fitter: Fitter;
  spool: Pick<Spool, 'remove'>;
  log: Logger;
  texts?: Texts;
  now?: () => number;
}

const DEFAULTS = {
  /** After a progress edit that Discord did not take. */
  faultPauseMs: 2_000,
  /** How often the bar moves when nothing else changes. */
  refreshMs: 4_000,
} as const;

/**
 * Gives every target its live reply. Edits are never queued: only the newest state is kept, one
 * request is in flight, and progress leaves the bucket's last slot to the end.
 */
export function createLiveReplies(deps: LiveReplyDeps): OpenLiveReply {
  return (target, onMessage) => openLiveReply(target, onMessage, deps);
}

function openLiveReply(
  target: ReplyTarget,
  onMessage: (messageId: string) => void,
  deps: LiveReplyDeps,
): LiveReply {
  const { log } = deps;
  const texts = deps.texts ?? english;
  const now = deps.now ?? Date.now;
  const writer = createReplyWriter(target, { rest: deps.rest, now });
  const gone = new AbortController();

  let newest: WorkingState | null = null;
  let shown: WorkingState | null = null;
  let lastSent = '';
  let inFlight: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  /** The timer only moves the bar; anything new goes before it. */
  let isRefresh = false;
  let nextEditAt = 0;
  let over = false;

  function schedule(): void {
    if (over || inFlight !== null) return;
    if (timer !== null && !(isRefresh && newest !== null)) return;
    if (timer !== null) clearTimeout(timer);
    timer = null;
    isRefresh = newest === null;
    if (isRefresh && (shown?.usualMs == null || shown.runningSince === null)) return;
    const pauseMs = Math.max(0, nextEditAt - now());
    timer = setTimeout(flush, isRefresh ? Math.max(pauseMs, DEFAULTS.refreshMs) : pauseMs);
  }

  function flush(): void {
    timer = null;
    if (over) return;
    shown = newest ?? shown;
    newest = null;
    if (shown === null) return;
    const { body, uploads } = renderWorking(shown, texts, now());
    const serialized = JSON.stringify([body, shown.draft?.length]);
    if (serialized === lastSent) {
      schedule();
      return;
    }
    lastSent = serialized;
    inFlight = sendProgress(() => writer.edit(body, uploads)).finally(() => {
      inFlight = null;
      schedule();
    });
  }

  async function sendProgress(send: () => Promise<Sent>): Promise<void> {
    try {
      const sent = await send();
      remember(sent);
      nextEditAt = now() + editPause(sent);
    } catch (error) {
      // A lost progress edit costs nothing: a newer one follows, or the end does.
      const retryAfterMs = error instanceof ReplyError ? error.retryAfterMs : 0;
      nextEditAt = now() + Math.max(retryAfterMs, DEFAULTS.faultPauseMs);
      lastSent = '';
      log.debug({ err: error }, 'progress edit not taken');
      if (!(error instanceof ReplyError)) return;
      if (error.kind === 'gone') disappear();
      if (error.kind === 'expired') over = true;
    }
  }

  function remember(sent: Sent): void {
    const id = sent.message?.id;
    if (id === undefined || id === target.messageId) return;
    target.messageId = id;
    onMessage(id);
  }

  function disappear(): void {
    over = true;
    gone.abort();
  }

  /** Ends the progress; what is sent next is the next request after the one in flight. */
  async function stopProgress(): Promise<void> {
    over = true;
    if (timer !== null) clearTimeout(timer);
    timer = null;
    await inFlight;
  }

  const last = { writer, log, remember, disappear, now };

  return {
    gone: gone.signal,
    isReachable: () => !gone.signal.aborted && writer.isReachable(),
    show(state) {
      newest = state;
      schedule();
    },
    async leave(state) {
      await stopProgress();
      if (gone.signal.aborted) return;
      const { body, uploads } = renderWorking(state, texts, now());
      await sendProgress(() => writer.edit(body, uploads));
    },
    async deliver(state, signal) {
      // The fit goes on while progress is still shown; only then is the reply's end near.
      return await deliverPicture(state, {
        ...deps,
        ...last,
        signal,
        render: (fitted) => renderDone(state, fitted, texts),
        limitBytes: target.attachmentSizeLimit,
        stopProgress,
        isGone: () => gone.signal.aborted,
      });
    },
    async fail(state) {
      await stopProgress();
      if (gone.signal.aborted) return;
      await sendLast({ id: state.id, body: renderFailed(state, texts) }, last);
    },
  };
}
