import type { APIEmbed } from 'discord-api-types/v10';
import { MODEL_LABELS } from '../domain.ts';
import type { DoneState, FailedState, Subject, WorkingState } from '../generation/live-reply.ts';
import type { DeliveredAttachment } from '../store/store.ts';
import { galleryButtons, type Row, workingButtons } from './buttons.ts';
import { escapeWords, shorten } from './markdown.ts';
import { COLOURS, message, paragraphs, quotedPrompt, relativeTime } from './render-parts.ts';
import type { EditBody } from './rest.ts';
import type { Texts } from './texts.ts';

/** One picture's place in a gallery, in the order in which they were asked for. */
export interface GallerySlot {
  subject: Subject;
  working: WorkingState | null;
  done: { state: DoneState; attachment: DeliveredAttachment | null } | null;
  failed: FailedState | null;
}

/** A file that goes out with this very edit. */
export interface Arriving {
  generationId: string;
  name: string;
  alt: string;
}

const SHOWN = { thought: 90, alt: 1_024 } as const;

/** Embeds with one address are shown by Discord as one gallery; nothing of it is visible. */
const GALLERY_URL = 'https://discord.com';

/**
 * The one message of several pictures: what each of them does, those that are there, and what they
 * took together. Without a file that arrives, the message's files are left as they are.
 */
export function renderGallery(
  slots: readonly GallerySlot[],
  arriving: Arriving | null,
  texts: Texts,
  now: number,
): EditBody {
  const [first] = slots;
  if (first === undefined) throw new Error('a gallery without pictures');
  const isOver = slots.every(({ done, failed }) => done !== null || failed !== null);
  const names = slots.flatMap((slot) => shownName(slot, arriving) ?? []);
  const lines = slots.map((slot, index) => `**${index + 1}** · ${slotLine(slot, texts, now)}`);
  const askedAt = slots.find(({ working }) => working !== null)?.working?.askedAt;
  const since =
    isOver || askedAt === undefined ? null : `-# ${texts.working.since(relativeTime(askedAt))}`;
  const head: APIEmbed = {
    color: isOver ? COLOURS.done : COLOURS.working,
    url: GALLERY_URL,
    description: paragraphs(quotedPrompt(first.subject, texts), lines.join('\n'), since),
    ...(isOver ? { footer: { text: galleryFooter(slots, texts) } } : {}),
    ...(names[0] === undefined ? {} : { image: { url: `attachment://${names[0]}` } }),
  };
  const others = names.slice(1).map((name): APIEmbed => {
    return { url: GALLERY_URL, image: { url: `attachment://${name}` } };
  });
  const { attachments: _, ...body } = message(head, buttons(slots, isOver, texts));
  return {
    ...body,
    embeds: [head, ...others],
    ...keptAndArriving(slots, arriving),
  };
}

/** A picture that is in the message, or comes with this edit. */
function shownName({ subject, done }: GallerySlot, arriving: Arriving | null): string | null {
  if (arriving?.generationId === subject.id) return arriving.name;
  return done?.attachment?.name ?? null;
}

/**
 * The list of files after this edit. Leaving it out keeps what is there; a list must name what is
 * to stay, so it is written only where every id is known.
 */
function keptAndArriving(slots: readonly GallerySlot[], arriving: Arriving | null) {
  if (arriving === null) return {};
  const others = slots.filter(({ subject, done }) => done && subject.id !== arriving.generationId);
  const kept = others.flatMap(({ done }) =>
    done?.attachment?.id ? [{ id: done.attachment.id }] : [],
  );
  if (kept.length < others.length) return {};
  const { name: filename, alt } = arriving;
  return { attachments: [...kept, { id: '0', filename, description: shorten(alt, SHOWN.alt) }] };
}

function slotLine({ working, done, failed }: GallerySlot, texts: Texts, now: number): string {
  if (done) return texts.gallery.done((done.state.durationMs / 1_000).toFixed(1));
  if (failed) {
    const { kind, details } = failed.failure;
    const { title } = texts.failed.kinds[kind]({ problem: details.problem });
    return texts.gallery.failed(title, failed.id);
  }
  if (!working) return texts.working.queued(null);
  if (working.phase === 'queued') return texts.working.queued(working.position);
  if (working.phase === 'paused') return texts.working.paused;
  if (working.retry) {
    const { after, attempt, at } = working.retry;
    return texts.working.waiting(after, attempt, relativeTime(at));
  }
  const { thought, runningSince, usualMs } = working;
  const words = thought?.heading ?? thought?.words ?? '';
  const part = runningSince === null || !usualMs ? null : (now - runningSince) / usualMs;
  const percent =
    part === null ? '' : `${Math.min(95, Math.max(0, Math.round(part * 20) * 5))} % · `;
  return `${percent}${words === '' ? texts.working.thinking : escapeWords(words, SHOWN.thought)}`;
}

/** What all of them took together; a failed one's part is in it where it was said. */
function galleryFooter(slots: readonly GallerySlot[], texts: Texts): string {
  const done = slots.flatMap((slot) => slot.done?.state ?? []);
  const [first] = slots;
  const request = first?.subject.request;
  const sum = (values: readonly (number | null | undefined)[]) =>
    values.reduce<number>((total, value) => total + (value ?? 0), 0);
  const count = (of: 'promptTokens' | 'imageTokens' | 'thoughtTokens' | 'totalTokens') =>
    sum(done.map(({ usage }) => usage?.[of])).toLocaleString('en-US');
  const cost = sum(done.map(({ costMicros }) => costMicros));
  const hasUsage = done.some(({ usage }) => usage !== null);
  return [
    request && MODEL_LABELS[request.model],
    request?.ratio,
    request?.size,
    texts.gallery.pictures(done.length, slots.length),
    hasUsage
      ? texts.done.tokens(
          count('promptTokens'),
          count('imageTokens'),
          count('thoughtTokens'),
          count('totalTokens'),
        )
      : texts.done.tokensUnknown,
    cost > 0 ? texts.done.cost((cost / 1_000_000).toFixed(3)) : '',
    done.length === 0 && slots[0]?.failed
      ? texts.failed.reference(slots[0].failed.failure.kind, slots[0].failed.id)
      : '',
  ]
    .filter(Boolean)
    .join(' · ');
}

function buttons(slots: readonly GallerySlot[], isOver: boolean, texts: Texts): Row[] {
  const [first] = slots;
  if (first === undefined) return [];
  const { replyId, isPrivate } = first.subject;
  const isPaused = slots.some(({ working }) => working?.phase === 'paused');
  if (!isOver) return isPaused ? [] : workingButtons(replyId, texts);
  const pictures = slots.map(({ subject, done }, index) => {
    const { id: generationId, request } = subject;
    return { number: index + 1, generationId, size: request.size, isMade: done !== null };
  });
  return galleryButtons({ replyId, isPrivate, pictures }, texts);
}
