import type { ReplyTarget } from '../domain.ts';
import type { DoneState, LiveReply, ReplySlot } from '../generation/live-reply.ts';
import type { Fitted } from '../images/fit.ts';
import { deliverPicture } from './delivery.ts';
import { sendLast } from './last-message.ts';
import { createLiveMessage } from './live-message.ts';
import type { LiveReplyDeps } from './live-reply.ts';
import { pictureUpload } from './render-done.ts';
import { type GallerySlot, renderGallery } from './render-gallery.ts';
import { barMoves } from './render-working.ts';
import { english } from './texts.ts';

/**
 * One message that several generations share. Each picture goes out in an edit of its own, as soon
 * as it is made, which keeps the files that are there and adds one. Progress is coalesced as in a
 * plain live reply, and what ends goes before it.
 */
export function openGallery(
  target: ReplyTarget,
  slots: readonly ReplySlot[],
  onMessage: (messageId: string) => void,
  deps: LiveReplyDeps,
): ReadonlyMap<string, LiveReply> {
  const { rest, log, texts = english, now = Date.now } = deps;
  const shown = new Map(slots.map((slot) => [slot.subject.id, toGallerySlot(slot)]));
  const all = () => [...shown.values()];
  const isOver = () => all().every(({ done, failed }) => done || failed);
  const render = () => renderGallery(all(), null, texts, now());
  const live = createLiveMessage(
    target,
    {
      render: () => (isOver() ? null : { body: render(), uploads: [] }),
      moves: () => all().some(({ working }) => working !== null && barMoves(working)),
    },
    { rest, log, now, onMessage },
  );

  function update(id: string, change: Partial<GallerySlot>): void {
    const slot = shown.get(id);
    if (slot) shown.set(id, { ...slot, ...change });
  }

  async function deliver(id: string, state: DoneState, signal: AbortSignal) {
    let release: (() => void) | null = null;
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
        render: (fitted) => renderArrival(id, state, fitted),
      });
      if (delivery.to === 'message') {
        update(id, { done: { state, attachment: delivery.attachment }, working: null });
      }
      return delivery;
    } finally {
      (release as (() => void) | null)?.();
    }
  }

  /** The message with this picture in it, which is not there before Discord has taken it. */
  function renderArrival(id: string, state: DoneState, fitted: Fitted) {
    const upload = pictureUpload(id, fitted.image);
    const arriving = { generationId: id, name: upload.name, alt: state.request.prompt };
    const after = all().map((slot) =>
      slot.subject.id === id ? { ...slot, working: null, done: { state, attachment: null } } : slot,
    );
    return { body: renderGallery(after, arriving, texts, now()), upload };
  }

  /** Shows an end without a picture at once; between the ends of others it is one of their lines. */
  async function sendEnd(id: string): Promise<void> {
    const release = await live.holdForEnd();
    try {
      if (!live.gone.aborted) await sendLast({ id, body: render() }, live.last);
    } finally {
      release();
    }
  }

  const openSlot = (id: string): LiveReply => ({
    gone: live.gone,
    isReachable: live.isReachable,
    show(working) {
      update(id, { working });
      live.changed();
    },
    async leave(working) {
      update(id, { working });
      await live.flush();
    },
    deliver: (state, signal) => deliver(id, state, signal),
    async fail(failed) {
      update(id, { failed, working: null });
      await sendEnd(id);
    },
  });

  return new Map(slots.map(({ subject }) => [subject.id, openSlot(subject.id)]));
}

function toGallerySlot({ subject, end }: ReplySlot): GallerySlot {
  const slot = { subject, working: null, done: null, failed: null };
  if (end === null) return slot;
  if ('failed' in end) return { ...slot, failed: end.failed };
  return { ...slot, done: { state: end.done, attachment: end.attachment } };
}
