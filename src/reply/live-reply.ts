import type { Logger } from 'pino';
import type { ReplyTarget } from '../domain.ts';
import type { LiveReply, OpenLiveReply, WorkingState } from '../generation/live-reply.ts';
import type { Fitter } from '../images/fit.ts';
import type { Spool } from '../images/spool.ts';
import { deliverPicture } from './delivery.ts';
import { sendLast } from './last-message.ts';
import { createLiveMessage } from './live-message.ts';
import { renderDone } from './render-done.ts';
import { renderFailed } from './render-failed.ts';
import { barMoves, renderWorking } from './render-working.ts';
import type { ReplyRest } from './rest.ts';
import { english, type Texts } from './texts.ts';

export interface LiveReplyDeps {
  rest: ReplyRest;
  fitter: Fitter;
  spool: Pick<Spool, 'remove'>;
  log: Logger;
  texts?: Texts;
  now?: () => number;
}

/** Gives every target its live reply: a message that one generation has for itself. */
export function createLiveReplies(deps: LiveReplyDeps): OpenLiveReply {
  return (target, onMessage) => openLiveReply(target, onMessage, deps);
}

function openLiveReply(
  target: ReplyTarget,
  onMessage: (messageId: string) => void,
  deps: LiveReplyDeps,
): LiveReply {
  const { rest, log, texts = english, now = Date.now } = deps;
  let shown: WorkingState | null = null;
  let isOver = false;

  const live = createLiveMessage(
    target,
    {
      render: () => (isOver || shown === null ? null : renderWorking(shown, texts, now())),
      moves: () => !isOver && shown !== null && barMoves(shown),
    },
    { rest, log, now, onMessage },
  );
  /** Ends the progress; what is sent next is the next request after the one in flight. */
  async function stopProgress(): Promise<void> {
    isOver = true;
    (await live.holdForEnd())();
  }

  return {
    gone: live.gone,
    isReachable: live.isReachable,
    show(state) {
      shown = state;
      live.changed();
    },
    async leave(state) {
      shown = state;
      await live.flush();
      isOver = true;
    },
    async deliver(state, signal) {
      // The fit goes on while progress is still shown; only then is the reply's end near.
      return await deliverPicture(state, {
        ...deps,
        ...live.last,
        signal,
        render: (fitted) => renderDone(state, fitted, texts),
        limitBytes: target.attachmentSizeLimit,
        stopProgress,
        isGone: () => live.gone.aborted,
      });
    },
    async fail(state) {
      await stopProgress();
      if (live.gone.aborted) return;
      await sendLast({ id: state.id, body: renderFailed(state, texts) }, live.last);
    },
  };
}
