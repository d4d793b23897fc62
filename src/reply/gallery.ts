import type { ReplyTarget } from '../domain.ts';
import type { DoneState, LiveReply, OpenLiveReplies, ReplySlot } from '../generation/live-reply.ts';
import type { Fitted } from '../images/fit.ts';
import { deliverPicture } from './delivery.ts';
import { sendLast } from './last-message.ts';
import { createLiveReplies, type LiveReplyDeps } from './live-reply.ts';
import { editPause } from './pacing.ts';
import { pictureUpload } from './render-done.ts';
import { type GallerySlot, renderGallery } from './render-gallery.ts';
import { ReplyError } from './reply-error.ts';
import type { Sent } from './rest.ts';
import { english } from './texts.ts';
import { createWriteTurns } from './write-turns.ts';
import { createReplyWriter } from './writer.ts';

/** After a progress edit that Discord did not take. */
const FAULT_PAUSE_MS = 2_000;

/** Opens replies of any number of generations: a plain live reply for one, a gallery for several. */
export function createReplies(deps: LiveReplyDeps): OpenLiveReplies {
  const openLiveReply = createLiveReplies(deps);
  return (target, slots, onMessage) => {
    const [only, ...more] = slots;
    if (only === undefined) return new Map();
    if (more.length > 0) return openGallery(target, slots, onMessage, deps);
    return new Map([[only.subject.id, openLiveReply(target, onMessage)]]);
  };
}

/**
 * One message that several generations share. Each picture goes out in an edit of its own, as soon
 * as it is made, which keeps the files that are there and adds one. Progress is coalesced as in a
 * plain live reply, and what ends goes before it.
 */
function openGallery(
  target: ReplyTarget,
  slots: readonly ReplySlot[],
  onMessage: (messageId: string) => void,
  deps: LiveReplyDeps,
): ReadonlyMap<string, LiveReply> {
  const { log, texts = english, now = Date.now } = deps;
  const writer = createReplyWriter(target, { rest: deps.rest, now });
  const gone = new AbortController();
  const turns = createWriteTurns();
  const shown = new Map(slots.map((slot) => [slot.subject.id, toGallerySlot(slot)]));
  const last = { writer, log, remember, disappear };
  let timer: NodeJS.Timeout | null = null;
  let lastSent = '';
  let nextEditAt = 0;

  function update(id: string, change: Partial<GallerySlot>): void {
    const slot = shown.get(id);
    if (slot) shown.set(id, { ...slot, ...change });
  }

  const isOver = () => [...shown.values()].every(({ done, failed }) => done || failed);
  const render = () => renderGallery([...shown.values()], null, texts, now());

  function schedule(): void {
    if (timer !== null || isOver() || gone.signal.aborted) return;
    timer = setTimeout(() => void sendProgress(), Math.max(0, nextEditAt - now()));
  }

  async function sendProgress(): Promise<void> {
    timer = null;
    const release = await turns.hold('progress');
    try {
      const body = render();
      const serialized = JSON.stringify(body);
      // An end that went before may have said all of it.
      if (isOver() || gone.signal.aborted || serialized === lastSent) return;
      lastSent = serialized;
      const sent = await writer.edit(body);
      remember(sent);
      nextEditAt = now() + editPause(sent);
    } catch (error) {
      lastSent = '';
      const retryAfterMs = error instanceof ReplyError ? error.retryAfterMs : 0;
      nextEditAt = now() + Math.max(retryAfterMs, FAULT_PAUSE_MS);
      log.debug({ err: error }, 'progress edit not taken');
      if (error instanceof ReplyError && error.kind === 'gone') disappear();
    } finally {
      release();
    }
  }

  function remember(sent: Sent): void {
    const id = sent.message?.id;
    if (id === undefined || id === target.messageId) return;
    target.messageId = id;
    onMessage(id);
  }

  function disappear(): void {
    gone.abort();
  }

  async function deliver(id: string, state: DoneState, signal: AbortSignal) {
    let release: (() => void) | null = null;
    try {
      const delivery = await deliverPicture(state, {
        ...deps,
        ...last,
        signal,
        limitBytes: target.attachmentSizeLimit,
        stopProgress: async () => {
          release ??= await turns.hold('end');
        },
        isGone: () => gone.signal.aborted,
        render: (fitted) => renderArrival(id, state, fitted),
      });
      if (delivery.to === 'message') {
        update(id, { done: { state, attachment: delivery.attachment }, working: null });
      }
      return delivery;
    } finally {
      (release as (() => void) | null)?.();
      schedule();
    }
  }

  /** The message with this picture in it, which is not there before Discord has taken it. */
  function renderArrival(id: string, state: DoneState, fitted: Fitted) {
    const upload = pictureUpload(id, fitted.image);
    const arriving = { generationId: id, name: upload.name, alt: state.request.prompt };
    const after = [...shown.values()].map((slot) =>
      slot.subject.id === id ? { ...slot, working: null, done: { state, attachment: null } } : slot,
    );
    return { body: renderGallery(after, arriving, texts, now()), upload };
  }

  /** Shows an end without a picture at once; between the ends of others it is one of their lines. */
  async function sendEnd(id: string): Promise<void> {
    const release = await turns.hold('end');
    try {
      if (!gone.signal.aborted) await sendLast({ id, body: render() }, last);
    } finally {
      release();
    }
  }

  const openSlot = (id: string): LiveReply => ({
    gone: gone.signal,
    isReachable: () => !gone.signal.aborted && writer.isReachable(),
    show(working) {
      update(id, { working });
      schedule();
    },
    async leave(working) {
      update(id, { working });
      await sendProgress();
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
