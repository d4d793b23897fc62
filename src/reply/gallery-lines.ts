import { MODEL_LABELS, type Usage } from '../domain.ts';
import type { DoneState, FailedState, Subject, WorkingState } from '../generation/live-reply.ts';
import type { DeliveredAttachment } from '../store/store.ts';
import { moneyText, relativeTime, usageText } from '../texts/amounts.ts';
import type { Texts } from '../texts/english.ts';
import { shapeText } from '../texts/image-shape.ts';
import { escapeWords } from '../texts/markdown.ts';
import { aboutWhen } from '../texts/wait-texts.ts';
import { type SentPicture, sentText } from './render-done.ts';
import { isKept } from './render-failed.ts';

/** One picture's place in a gallery, in the order in which they were asked for. */
export interface GallerySlot {
  subject: Subject;
  working: WorkingState | null;
  /** When its newest draft came, by which the newest of all is found. */
  draftedAt: number;
  /** The attachment is null while its file goes out, and once the message that held it is lost. */
  done: { state: DoneState; attachment: DeliveredAttachment | null; sent: SentPicture } | null;
  failed: FailedState | null;
}

/** Whether there is no more progress to show of it. */
export function isEnded({ done, failed }: GallerySlot): boolean {
  return done !== null || failed !== null;
}

const THOUGHT_CHARS = 90;

/** What each of the pictures does, or how it ended; one line each. */
export function slotLines(slots: readonly GallerySlot[], texts: Texts, now: number): string[] {
  const isAlike = new Set(shapesOf(slots, texts)).size < 2;
  return slots.map((slot) => slotLine(slot, isAlike, texts, now));
}

/** @param isAlike Whether the footer says ratio and size, for all of them. */
function slotLine(
  { working, done, failed }: GallerySlot,
  isAlike: boolean,
  texts: Texts,
  now: number,
): string {
  if (done) {
    const { request, durationMs, image } = done.state;
    const seconds = texts.gallery.done((durationMs / 1_000).toFixed(1));
    const shape = isAlike ? '' : shapeText(request, image, texts);
    return [seconds, shape, sentText(image, done.sent, texts)].filter(Boolean).join(' · ');
  }
  if (failed) {
    const { kind, details } = failed.failure;
    const { title } = texts.failed.kinds[kind]({ problem: details.problem });
    if (isKept(failed)) return texts.gallery.kept(title, failed.id);
    const when = kind === 'busy' ? aboutWhen(details.retryAfterMs) : '';
    return texts.gallery.failed(title, failed.id, when);
  }
  if (!working) return texts.working.queued(null);
  if (working.phase === 'queued') return texts.working.queued(working.position);
  if (working.phase === 'paused') return texts.working.paused;
  if (working.phase === 'unsaved') return texts.working.unsaved;
  if (working.phase === 'undelivered') return texts.working.undelivered;
  if (working.retry) {
    const { after, attempt, at } = working.retry;
    return texts.working.waiting(after, attempt, relativeTime(at));
  }
  const { thought, runningSince, usualMs } = working;
  const words = thought?.heading ?? thought?.words ?? '';
  const part = runningSince === null || !usualMs ? null : (now - runningSince) / usualMs;
  const percent =
    part === null ? '' : `${Math.min(95, Math.max(0, Math.round(part * 20) * 5))} % · `;
  return `${percent}${words === '' ? texts.working.thinking : escapeWords(words, THOUGHT_CHARS)}`;
}

/** What all of them took together; a failed one's part is in it where it was said. */
export function galleryFooter(slots: readonly GallerySlot[], texts: Texts): string {
  const done = slots.flatMap((slot) => slot.done?.state ?? []);
  const [first] = slots;
  const request = first?.subject.request;
  const cost = done.reduce((total, { costMicros }) => total + (costMicros ?? 0), 0);
  const usage = sumUsage(done.flatMap((state) => state.usage ?? []));
  return [
    request && MODEL_LABELS[request.model],
    sharedShape(slots, texts),
    texts.gallery.pictures(done.length, slots.length),
    usageText(usage, texts),
    cost > 0 ? moneyText(cost) : '',
    done.length === 0 && slots[0]?.failed
      ? texts.failed.reference(slots[0].failed.failure.kind, slots[0].failed.id)
      : '',
  ]
    .filter(Boolean)
    .join(' · ');
}

/** Ratio and size of those that came: '' where they differ, and each line has its own. */
function sharedShape(slots: readonly GallerySlot[], texts: Texts): string {
  const shapes = new Set(shapesOf(slots, texts));
  const request = slots[0]?.subject.request;
  if (shapes.size === 0 && request) return shapeText(request, null, texts);
  return shapes.size === 1 ? ([...shapes][0] ?? '') : '';
}

function shapesOf(slots: readonly GallerySlot[], texts: Texts): string[] {
  return slots.flatMap(({ done }) =>
    done ? [shapeText(done.state.request, done.state.image, texts)] : [],
  );
}

/** null where none of them said anything; a count that none of them gave stays unknown. */
function sumUsage(usages: readonly Usage[]): Usage | null {
  if (usages.length === 0) return null;
  const sum = (of: keyof Usage) => {
    const counts = usages.flatMap((usage) => usage[of] ?? []);
    return counts.length === 0 ? null : counts.reduce((total, count) => total + count, 0);
  };
  return {
    promptTokens: sum('promptTokens'),
    imageTokens: sum('imageTokens'),
    thoughtTokens: sum('thoughtTokens'),
    totalTokens: sum('totalTokens'),
  };
}
