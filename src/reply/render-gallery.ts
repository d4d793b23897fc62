import type { APIEmbed } from 'discord-api-types/v10';
import type { EditBody, Upload } from '../discord-http/rest.ts';
import { relativeTime } from '../texts/amounts.ts';
import type { Texts } from '../texts/english.ts';
import { endedButtons, type Row, workingButtons } from './buttons.ts';
import { type GallerySlot, galleryFooter, isEnded, slotLines } from './gallery-lines.ts';
import { isKept } from './render-failed.ts';
import { altText, COLOURS, message, paragraphs, quotedPrompt } from './render-parts.ts';
import { draftUpload } from './render-working.ts';

/** What a gallery is shown with, beside its pictures. */
export interface GalleryLook {
  /** The picture whose file goes out with this very edit. */
  arriving: { generationId: string; name: string } | null;
  isPrivate: boolean;
  /** Soon nothing can be written here any more. */
  isClosing: boolean;
  texts: Texts;
  now: number;
}

/** Embeds with one address are shown by Discord as one gallery; nothing of it is visible. */
const GALLERY_URL = 'https://discord.com';

/**
 * The one message of several pictures: what each of them does, those that are there, the newest
 * draft of the others, and what they took together.
 */
export function renderGallery(
  slots: readonly GallerySlot[],
  look: GalleryLook,
): { body: EditBody; uploads: Upload[] } {
  const { texts, now } = look;
  const [first] = slots;
  if (first === undefined) throw new Error('a gallery without pictures');
  const isOver = slots.every(isEnded);
  const names = slots.flatMap((slot) => shownName(slot, look) ?? []);
  const lines = slotLines(slots, texts, now).map((line, index) => `**${index + 1}** · ${line}`);
  const draft = newestDraft(slots, look);
  const head: APIEmbed = {
    color: isOver ? COLOURS.done : COLOURS.working,
    url: GALLERY_URL,
    description: paragraphs(
      quotedPrompt(first.subject, texts),
      lines.join('\n'),
      isOver ? null : note(slots, look),
    ),
    ...(isOver ? { footer: { text: galleryFooter(slots, texts) } } : {}),
    ...(draft === null ? {} : { thumbnail: { url: `attachment://${draft.name}` } }),
    ...(names[0] === undefined ? {} : { image: { url: `attachment://${names[0]}` } }),
  };
  const others = names.slice(1).map((name): APIEmbed => {
    return { url: GALLERY_URL, image: { url: `attachment://${name}` } };
  });
  const { attachments: _, ...body } = message(head, buttons(slots, isOver, look));
  return {
    body: { ...body, embeds: [head, ...others], ...files(slots, look, draft) },
    uploads: draft === null ? [] : [draft],
  };
}

/** A picture that is in the message, or comes with this edit. */
function shownName({ subject, done }: GallerySlot, { arriving }: GalleryLook): string | null {
  if (arriving?.generationId === subject.id) return arriving.name;
  return done?.attachment?.name ?? null;
}

/** Since when it runs, or that no more of it will be seen here. */
function note(slots: readonly GallerySlot[], { isClosing, texts }: GalleryLook): string | null {
  if (isClosing) return texts.working.closing;
  const askedAt = slots.find(({ working }) => working !== null)?.working?.askedAt;
  return askedAt === undefined ? null : `-# ${texts.working.since(relativeTime(askedAt))}`;
}

/**
 * The files that stay, by their ids; null where Discord did not tell all of them. A list must name
 * what is to stay, so without them the message's files are left as they are.
 */
function keptFiles(slots: readonly GallerySlot[], { arriving, texts }: GalleryLook) {
  const there = slots.flatMap(({ subject, done }) =>
    done?.attachment && subject.id !== arriving?.generationId
      ? [{ ...done.attachment, subject }]
      : [],
  );
  const kept = there.flatMap(({ id, subject }) => {
    if (id === null) return [];
    // Its alt text quotes the prompt, which Discord may have come to block.
    return [{ id, ...(subject.wasBlocked && { description: altText(subject, texts) }) }];
  });
  return kept.length < there.length ? null : kept;
}

/** One for all: the newest. A picture that arrives has its edit for itself. */
function newestDraft(slots: readonly GallerySlot[], look: GalleryLook) {
  if (look.arriving !== null || look.isClosing || keptFiles(slots, look) === null) return null;
  const drafted = slots.filter((slot) => !isEnded(slot) && slot.working?.draft);
  const [newest] = drafted.sort((one, other) => other.draftedAt - one.draftedAt);
  const draft = newest?.working?.draft;
  return newest && draft ? draftUpload(newest.subject.id, draft) : null;
}

function files(slots: readonly GallerySlot[], look: GalleryLook, draft: Upload | null) {
  const kept = keptFiles(slots, look);
  if (kept === null) return {};
  const { arriving, texts } = look;
  const arrived = slots.find(({ subject }) => subject.id === arriving?.generationId)?.subject;
  const added = [
    ...(draft === null ? [] : [{ filename: draft.name, description: texts.working.draft }]),
    ...(arriving && arrived
      ? [{ filename: arriving.name, description: altText(arrived, texts) }]
      : []),
  ];
  return {
    attachments: [...kept, ...added.map((file, index) => ({ id: String(index), ...file }))],
  };
}

function buttons(slots: readonly GallerySlot[], isOver: boolean, look: GalleryLook): Row[] {
  const { isPrivate, isClosing, texts } = look;
  const { replyId = '', largestSize } = slots[0]?.subject ?? {};
  if (!isOver && !isClosing) {
    const isPaused = slots.some(({ working }) => working?.phase === 'paused');
    return isPaused ? [] : workingButtons(replyId, texts);
  }
  const pictures = slots.flatMap(({ subject, done, failed }, index) => {
    // Those that go on unseen, and those that are kept, are not paid for once more.
    if (!done && (!failed || isKept(failed))) return [];
    return [{ number: index + 1, generationId: subject.id, image: done?.state.image ?? null }];
  });
  if (isClosing && pictures.length === 0) return [];
  // All together, neither those that go on unseen nor those that are kept could be left out.
  const mayRedoAll = !isClosing && !slots.some(({ failed }) => failed && isKept(failed));
  return endedButtons(
    { replyId, isPrivate, pictures, mayRedoAll, largestSize, isSingle: false },
    texts,
  );
}
