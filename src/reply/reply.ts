import type { Upload } from '../discord-http/multipart.ts';
import type { ReplyTarget } from '../domain.ts';
import type {
  Delivery,
  DoneState,
  FailedState,
  LiveReply,
  OnMessage,
  OpenLiveReply,
  ReplySlot,
  WorkingState,
} from '../generation/live-reply.ts';
import { unreachableFailure } from '../generation/run/deliver.ts';
import type { Fitter } from '../images/fit/fitter.ts';
import type { Spool } from '../images/spool/spool.ts';
import { deliverPicture } from './delivery.ts';
import { sendFinal } from './final-update.ts';
import { LiveMessage, type LiveMessageDeps } from './live-message.ts';
import { pictureUpload, type SentPicture, sentPicture } from './render/picture-file.ts';
import { movesWithTime } from './render/render-progress.ts';
import { type Look, renderReply } from './render/render-reply.ts';
import { isEnded, type SlotState, toSlotState, withoutWords } from './render/slot.ts';
import type { Plainness } from './wording.ts';

export interface ReplyDeps extends Omit<LiveMessageDeps, 'onMessage'> {
  fitter: Pick<Fitter, 'fit'>;
  spool: Pick<Spool, 'remove'>;
}

/** What opens replies by these parts. */
export function createLiveReplies(deps: ReplyDeps): OpenLiveReply {
  return (target, slots, onMessage) => {
    const reply = new Reply(target, slots, onMessage, deps);
    return new Map(slots.map(({ subject }) => [subject.id, reply.liveReplyOf(subject.id)]));
  };
}

/**
 * One message for one to four generations. Each picture goes out in an edit of its own, as soon as
 * it is made, which keeps the files that are there and adds one. Whoever sends a final update holds
 * the message until Discord accepted it, so that no progress comes between its attempts.
 */
class Reply {
  readonly #slots: Map<string, SlotState>;
  readonly #deps: ReplyDeps;
  readonly #limitBytes: number;
  readonly #message: LiveMessage;
  /** Generations that the next process goes on with: this one shows no more of them. */
  readonly #suspended = new Set<string>();
  /** Set when the message says that soon nothing can be written there; never cleared. */
  #isClosing = false;

  constructor(
    target: ReplyTarget,
    slots: readonly ReplySlot[],
    onMessage: OnMessage,
    deps: ReplyDeps,
  ) {
    this.#deps = deps;
    this.#limitBytes = target.attachmentSizeLimit;
    this.#slots = new Map(
      slots.map((slot) => [slot.subject.id, toSlotState(slot, target.messageId)]),
    );
    const view = {
      isOver: () => this.#all().every((slot) => this.#isOver(slot)),
      render: (plainness: Plainness) => {
        const isEmpty = this.#all().every((slot) => !slot.working && !isEnded(slot));
        return isEmpty ? null : this.#render(this.#all(), null, plainness);
      },
      moves: () =>
        !this.#isClosing && this.#all().some(({ working }) => working && movesWithTime(working)),
      onClosing: () => {
        this.#isClosing = true;
      },
      onReposted: () => this.#loseFiles(),
    };
    this.#message = new LiveMessage(target, view, { ...deps, onMessage });
  }

  liveReplyOf(id: string): LiveReply {
    const message = this.#message;
    return {
      deleted: message.deleted,
      isReachable: () => message.isReachable(),
      areWordsBlocked: () => message.areWordsBlocked(),
      show: (state) => this.#show(id, state),
      suspend: (state) => this.#suspend(id, state),
      deliver: (state, signal) => this.#deliver(id, state, signal),
      fail: (state) => this.#fail(id, state),
    };
  }

  #all(): SlotState[] {
    return [...this.#slots.values()];
  }

  #update(id: string, change: Partial<SlotState>): void {
    const slot = this.#slots.get(id);
    if (slot) this.#slots.set(id, { ...slot, ...change });
  }

  #isOver(slot: SlotState): boolean {
    return isEnded(slot) || this.#suspended.has(slot.subject.id);
  }

  /** The message was posted anew: it holds no picture of the one before. */
  #loseFiles(): void {
    for (const { subject, done } of this.#all()) {
      if (done) this.#update(subject.id, { done: { ...done, attachment: null } });
    }
  }

  #render(slots: readonly SlotState[], arriving: Look['arriving'], plainness: Plainness) {
    const shown = plainness === 'full' ? slots : slots.map(withoutWords);
    const { isPrivate } = this.#message;
    const { texts, now } = this.#deps;
    const look = { arriving, isPrivate, isClosing: this.#isClosing, texts };
    return renderReply(shown, { ...look, now: now() });
  }

  #show(id: string, working: WorkingState): void {
    const slot = this.#slots.get(id);
    // A draft may be ready only when its picture has come.
    if (slot === undefined || this.#isOver(slot)) return;
    const isNewDraft = working.draft !== slot.working?.draft;
    this.#update(id, { working, ...(isNewDraft ? { draftedAt: this.#deps.now() } : {}) });
    this.#message.changed();
  }

  async #suspend(id: string, working: WorkingState): Promise<void> {
    this.#update(id, { working });
    await this.#message.flush();
    this.#suspended.add(id);
  }

  async #deliver(id: string, state: DoneState, signal: AbortSignal): Promise<Delivery> {
    const message = this.#message;
    const held: { release?: () => void } = {};
    let sent: SentPicture | null = null;
    try {
      const delivery = await deliverPicture(state, {
        ...this.#deps,
        ...message.finalDeps,
        signal,
        limitBytes: this.#limitBytes,
        // The fit goes on while progress is still shown.
        acquire: async () => {
          held.release ??= await message.acquire();
        },
        isDeleted: () => message.deleted.aborted,
        render: (fitted, plainness) => {
          sent = sentPicture(fitted);
          const upload = pictureUpload(id, fitted.image);
          return this.#renderArrival(id, { state, attachment: null, sent }, upload, plainness);
        },
      });
      if (delivery.to === 'message') {
        const { attachment } = delivery;
        this.#update(id, { done: { state, attachment, sent: sent ?? attachment }, working: null });
      }
      if (delivery.to === 'unreachable') {
        const failed = { id, subject: state, failure: unreachableFailure() };
        this.#update(id, { failed, working: null });
      }
      return delivery;
    } finally {
      held.release?.();
    }
  }

  /** The message with this picture in it, which is not there before Discord has accepted it. */
  #renderArrival(
    id: string,
    done: NonNullable<SlotState['done']>,
    upload: Upload,
    plainness: Plainness,
  ) {
    const after = this.#all().map((slot) =>
      slot.subject.id === id ? { ...slot, working: null, done } : slot,
    );
    const { body } = this.#render(after, { generationId: id, name: upload.name }, plainness);
    return { body, upload };
  }

  async #fail(id: string, failed: FailedState): Promise<'shown' | 'refused'> {
    this.#update(id, { failed, working: null });
    const message = this.#message;
    const release = await message.acquire();
    try {
      if (message.deleted.aborted) return 'shown';
      const sent = await sendFinal(
        { id: failed.id, render: (plainness) => this.#render(this.#all(), null, plainness) },
        message.finalDeps,
      );
      return sent === 'refused' && message.mayBeShownLater() ? 'refused' : 'shown';
    } finally {
      release();
    }
  }
}
