import type { Logger } from 'pino';
import type { ReplyRest } from '../discord-http/rest.ts';
import type { ReplyTarget } from '../domain.ts';
import type {
  LiveReply,
  OnMessage,
  OpenLiveReply,
  WorkingState,
} from '../generation/live-reply.ts';
import type { Fitter } from '../images/fit/fitter.ts';
import type { Spool } from '../images/spool/spool.ts';
import { english, type Texts } from '../texts/english.ts';
import { deliverPicture } from './delivery.ts';
import { sendLast } from './last-message.ts';
import { createLiveMessage, type Timers } from './live-message.ts';
import { renderDone } from './render-done.ts';
import { renderFailed } from './render-failed.ts';
import { barMoves, renderClosing, renderWorking } from './render-working.ts';
import { type Plainness, withoutPrompt, withoutQuotes, withoutThoughts } from './wording.ts';

export interface LiveReplyDeps {
  rest: ReplyRest;
  fitter: Fitter;
  spool: Pick<Spool, 'remove'>;
  log: Logger;
  texts?: Texts;
  now?: () => number;
  timers?: Timers;
}

/** Gives every target its live reply: a message that one generation has for itself. */
export function createLiveReplies(deps: LiveReplyDeps): OpenLiveReply {
  return (target, onMessage) => openLiveReply(target, onMessage, deps);
}

function openLiveReply(target: ReplyTarget, onMessage: OnMessage, deps: LiveReplyDeps): LiveReply {
  const { rest, log, texts = english, now = Date.now, timers } = deps;
  let shown: WorkingState | null = null;
  let isOver = false;
  let isClosing = false;

  const live = createLiveMessage(
    target,
    {
      isOver: () => isOver,
      render(plainness) {
        if (shown === null) return null;
        const state = plainness === 'full' ? shown : withoutThoughts(shown);
        if (isClosing) return { body: renderClosing(state, texts), uploads: [] };
        return renderWorking(state, texts, now());
      },
      moves: () => shown !== null && barMoves(shown) && !isClosing,
      close: () => {
        isClosing = true;
      },
    },
    { rest, log, now, onMessage, texts, timers },
  );

  /** Ends the progress; what is sent next is the next request after the one in flight. */
  async function stopProgress(): Promise<void> {
    isOver = true;
    (await live.holdForEnd())();
  }

  return {
    gone: live.gone,
    isReachable: live.isReachable,
    areWordsBlocked: live.areWordsBlocked,
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
      const delivery = await deliverPicture(state, {
        ...deps,
        ...live.last,
        signal,
        // Discord may have made private what was asked for in the open.
        render(fitted, plainness) {
          const done = { ...state, isPrivate: target.ephemeral };
          return renderDone(plainness === 'full' ? done : withoutPrompt(done), fitted, texts);
        },
        limitBytes: target.attachmentSizeLimit,
        stopProgress,
        isGone: () => live.gone.aborted,
      });
      // Until the next try, the reply may say so.
      if (delivery.to === 'later') isOver = false;
      return delivery;
    },
    async fail(state) {
      await stopProgress();
      if (live.gone.aborted) return 'told';
      const render = (plainness: Plainness) => {
        const body = renderFailed(plainness === 'full' ? state : withoutQuotes(state), texts);
        return { body, uploads: [] };
      };
      const sent = await sendLast({ id: state.id, render }, live.last);
      return live.isOwed(sent) ? 'refused' : 'told';
    },
  };
}
