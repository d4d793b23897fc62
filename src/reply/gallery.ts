import type { Upload } from '../discord-http/rest.ts';
import type { ReplyTarget } from '../domain.ts';
import { unreachableFailure } from '../generation/deliver.ts';
import type { DoneState, LiveReply, OnMessage, ReplySlot } from '../generation/live-reply.ts';
import { english } from '../texts/english.ts';
import { deliverPicture } from './delivery.ts';
import { type GallerySlot, isEnded } from './gallery-lines.ts';
import { sendLast } from './last-message.ts';
import { createLiveMessage } from './live-message.ts';
import type { LiveReplyDeps } from './live-reply.ts';
import { pictureUpload, type SentPicture, sentPicture } from './render-done.ts';
import { type GalleryLook, renderGallery } from './render-gallery.ts';
import { barMoves } from './render-working.ts';
import { type Plainness, withoutPrompt, withoutQuotes, withoutThoughts } from './wording.ts';

/**
 * One message that several generations share. Each picture goes out in an edit of its own, as soon
 * as it is made, which keeps the files that are there and adds one. Progress is coalesced as in a
 * plain live reply, and what ends goes before it.
 */
export function openGallery(
  target: ReplyTarget,
  slots: readonly ReplySlot[],
  onMessage: OnMessage,
  deps: LiveReplyDeps,
): ReadonlyMap<string, LiveReply> {
  const { rest, log, texts = english, now = Date.now, timers } = deps;
  const shown = new Map(slots.map((slot) => [slot.subject.id, toGallerySlot(slot)]));
  const all = () => [...shown.values()];
  let isClosing = false;
  const live = createLiveMessage(
    target,
    {
      isOver: () => all().every(isEnded),
      render: (plainness) => render(all(), null, plainness),
      moves: () => !isClosing && all().some(({ working }) => working !== null && barMoves(working)),
      close: () => {
        isClosing = true;
      },
      movedOn() {
        for (const { subject, done } of all()) {
          if (done) update(subject.id, { done: { ...done, attachment: null } });
        }
      },
    },
    { rest, log, now, onMessage, texts, timers },
  );

  function render(
    pictures: readonly GallerySlot[],
    arriving: GalleryLook['arriving'],
    plainness: Exclude<Plainness, 'bare'>,
  ) {
    // Discord may have made private what was asked for in the open.
    const isPrivate = target.ephemeral;
    const shown = plainness === 'full' ? pictures : pictures.map(withoutWords);
    return renderGallery(shown, { arriving, isPrivate, isClosing, texts, now: now() });
  }

  function update(id: string, change: Partial<GallerySlot>): void {
    const slot = shown.get(id);
    if (slot) shown.set(id, { ...slot, ...change });
  }

  function isOver(id: string): boolean {
    const slot = shown.get(id);
    return slot === undefined || isEnded(slot);
  }

  async function deliver(id: string, state: DoneState, signal: AbortSignal) {
    let release: (() => void) | null = null;
    let sent: SentPicture | null = null;
    try {
      const delivery = await deliverPicture(state, {
        ...deps,
        ...live.last,
        signal,
        limitBytes: target.attachmentSizeLimit,
        stopProgress: async () => {
          release ??= await live.holdForEnd();
        },
        isGone: () => live.gone.aborted,
        render(fitted, plainness) {
          sent = sentPicture(fitted);
          const upload = pictureUpload(id, fitted.image);
          return renderArrival({ id, state, sent, upload }, plainness);
        },
      });
      if (delivery.to === 'message') {
        const { attachment } = delivery;
        update(id, { done: { state, attachment, sent: sent ?? attachment }, working: null });
      }
      if (delivery.to === 'unreachable') {
        update(id, {
          failed: { id, subject: state, failure: unreachableFailure() },
          working: null,
        });
      }
      return delivery;
    } finally {
      (release as (() => void) | null)?.();
    }
  }

  /** The message with this picture in it, which is not there before Discord has taken it. */
  function renderArrival(
    {
      id,
      state,
      sent,
      upload,
    }: { id: string; state: DoneState; sent: SentPicture; upload: Upload },
    plainness: Exclude<Plainness, 'bare'>,
  ) {
    const done = { state, attachment: null, sent };
    const after = all().map((slot) =>
      slot.subject.id === id ? { ...slot, working: null, done } : slot,
    );
    const { body } = render(after, { generationId: id, name: upload.name }, plainness);
    return { body, upload };
  }

  /** Shows an end without a picture at once; between the ends of others it is one of their lines. */
  async function sendEnd(id: string): Promise<'told' | 'refused'> {
    const release = await live.holdForEnd();
    try {
      if (live.gone.aborted) return 'told';
      const sent = await sendLast(
        { id, render: (plainness) => render(all(), null, plainness) },
        live.last,
      );
      return live.isOwed(sent) ? 'refused' : 'told';
    } finally {
      release();
    }
  }

  const openSlot = (id: string): LiveReply => ({
    gone: live.gone,
    isReachable: live.isReachable,
    areWordsBlocked: live.areWordsBlocked,
    show(working) {
      // A draft may be ready only when its picture has come.
      if (isOver(id)) return;
      const isNewDraft = working.draft !== shown.get(id)?.working?.draft;
      update(id, { working, ...(isNewDraft ? { draftedAt: now() } : {}) });
      live.changed();
    },
    async leave(working) {
      update(id, { working });
      await live.flush();
    },
    deliver: (state, signal) => deliver(id, state, signal),
    async fail(failed) {
      update(id, { failed, working: null });
      return await sendEnd(id);
    },
  });

  return new Map(slots.map(({ subject }) => [subject.id, openSlot(subject.id)]));
}

function toGallerySlot({ subject, end }: ReplySlot): GallerySlot {
  const slot = { subject, working: null, draftedAt: 0, done: null, failed: null };
  if (end === null) return slot;
  if ('failed' in end) return { ...slot, failed: end.failed };
  const { done: state, attachment } = end;
  return { ...slot, done: { state, attachment, sent: attachment } };
}

/** A picture's place without anything that people or models wrote. */
function withoutWords(slot: GallerySlot): GallerySlot {
  const { subject, working, done, failed } = slot;
  return {
    ...slot,
    subject: withoutPrompt(subject),
    working: working && withoutThoughts(working),
    done: done && { ...done, state: withoutPrompt(done.state) },
    failed: failed && withoutQuotes(failed),
  };
}
