import { MODEL_LABELS, type Usage } from '../../domain.ts';
import { moneyText, usageText } from '../../texts/amounts.ts';
import type { Texts } from '../../texts/english.ts';
import { failureText } from '../../texts/failure-text.ts';
import { shapeText } from '../../texts/image-shape.ts';
import { joined } from '../../texts/markdown.ts';
import { aboutWhen } from '../../texts/wait-texts.ts';
import { sentText } from './picture-file.ts';
import { isKept } from './render-failure.ts';
import { progressLine } from './render-progress.ts';
import type { SlotState } from './slot.ts';

/** What each of the pictures does, or how it ended; one line each. */
export function slotLines(slots: readonly SlotState[], texts: Texts, now: number): string[] {
  // Then the footer says ratio and size, for all of them.
  const isAlike = new Set(shapesOf(slots, texts)).size < 2;
  return slots.map(({ working, done, failed }) => {
    if (done) {
      const { request, image } = done.state;
      const seconds = texts.gallery.done(secondsText(done.state));
      const shape = isAlike ? '' : shapeText(request, image, texts);
      return joined(' · ', seconds, shape, sentText(image, done.sent, texts));
    }
    if (failed) {
      const { kind, details } = failed.failure;
      const { title } = failureText(failed.failure, texts);
      if (isKept(failed)) return texts.gallery.kept(title, failed.id);
      const when = kind === 'busy' ? aboutWhen(details.retryAfterMs) : '';
      return texts.gallery.failed(title, failed.id, when);
    }
    return working ? progressLine(working, texts, now) : texts.working.queued(null);
  });
}

/**
 * What came and what it took: model, ratio, size, tokens, seconds, cost; and how a single picture
 * was sent, where it had to be fitted. Of several the lines say that and the seconds, and a failed
 * one's part is in the sums where it was said.
 */
export function footer(slots: readonly SlotState[], texts: Texts): string {
  const [first] = slots;
  const done = slots.flatMap((slot) => slot.done ?? []);
  const only = slots.length === 1 ? done[0] : undefined;
  const request = (done[0]?.state ?? first?.subject)?.request;
  const costs = done.flatMap(({ state }) => state.costMicros ?? []);
  const failed = done.length === 0 ? first?.failed : null;
  return joined(
    ' · ',
    request && MODEL_LABELS[request.model],
    sharedShape(slots, texts),
    only ? '' : texts.gallery.pictures(done.length, slots.length),
    usageText(sumUsage(done.flatMap(({ state }) => state.usage ?? [])), texts),
    only && texts.done.seconds(secondsText(only.state)),
    costs.length > 0 && moneyText(costs.reduce((total, cost) => total + cost, 0)),
    only && sentText(only.state.image, only.sent, texts),
    failed && texts.failed.reference(failed.failure.kind, failed.id),
  );
}

function secondsText({ durationMs }: { durationMs: number }): string {
  return (durationMs / 1_000).toFixed(1);
}

/** Ratio and size of those that came: '' where they differ, and each line has its own. */
function sharedShape(slots: readonly SlotState[], texts: Texts): string {
  const shapes = new Set(shapesOf(slots, texts));
  const request = slots[0]?.subject.request;
  if (shapes.size === 0 && request) return shapeText(request, null, texts);
  return shapes.size === 1 ? ([...shapes][0] ?? '') : '';
}

function shapesOf(slots: readonly SlotState[], texts: Texts): string[] {
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
