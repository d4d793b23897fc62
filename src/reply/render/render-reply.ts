import type { APIEmbed } from 'discord-api-types/v10';
import type { Upload } from '../../discord-http/multipart.ts';
import type { EditBody } from '../../discord-http/rest.ts';
import { relativeTime } from '../../texts/amounts.ts';
import type { Texts } from '../../texts/english.ts';
import { joined } from '../../texts/markdown.ts';
import { endedButtons, type Row, workingButtons } from './buttons.ts';
import { draftUpload } from './picture-file.ts';
import { isKept, renderFailure } from './render-failure.ts';
import { footer, slotLines } from './render-lines.ts';
import { altText, COLOURS, message, quotedPrompt } from './render-parts.ts';
import { progressBar, progressBlock } from './render-progress.ts';
import { isEnded, type SlotState, subjectOf } from './slot.ts';

/** What a reply is shown with, beside its pictures. */
export interface Look {
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
 * The one message of one to four pictures: the prompt, what is done (a block for one, a line for
 * each of several), those that are there, the newest draft of the others, and what they took.
 */
export function renderReply(
  slots: readonly SlotState[],
  look: Look,
): { body: EditBody; uploads: Upload[] } {
  const { texts } = look;
  const [first, ...others] = slots;
  if (first === undefined) throw new Error('a reply without pictures');
  const isSingle = others.length === 0;
  if (isSingle && first.failed) return { body: renderFailure(first.failed, texts), uploads: [] };
  const isOver = slots.every(isEnded);
  const names = slots.flatMap((slot) => shownName(slot, look) ?? []);
  const draft = newestDraft(slots, look);
  const head: APIEmbed = {
    color: isOver ? COLOURS.done : COLOURS.working,
    ...(isSingle ? {} : { url: GALLERY_URL }),
    description: joined(
      '\n\n',
      quotedPrompt(subjectOf(first), texts),
      ...(isSingle ? block(first, look) : lines(slots, isOver, look)),
    ),
    ...(isOver ? { footer: { text: footer(slots, texts) } } : {}),
    ...(draft === null ? {} : { thumbnail: { url: `attachment://${draft.name}` } }),
    ...(names[0] === undefined ? {} : { image: { url: `attachment://${names[0]}` } }),
  };
  const more = names.slice(1).map((name): APIEmbed => {
    return { url: GALLERY_URL, image: { url: `attachment://${name}` } };
  });
  const { attachments: _, ...body } = message([head, ...more], buttons(slots, isOver, look));
  return {
    body: { ...body, ...files(slots, look, draft) },
    uploads: draft === null ? [] : [draft],
  };
}

/** What a single picture does, how far along it usually is by now, and since when. */
function block({ working }: SlotState, { isClosing, texts, now }: Look): string[] {
  if (isClosing) return working ? [texts.working.closing] : [];
  if (working === null) return [];
  const bar = progressBar(working, texts, now);
  return [progressBlock(working, texts), joined('\n', bar, since(working, texts))];
}

/** A line for each of several pictures, and since when they run. */
function lines(slots: readonly SlotState[], isOver: boolean, look: Look): string[] {
  const { isClosing, texts, now } = look;
  const each = slotLines(slots, texts, now).map((line, index) => `**${index + 1}** · ${line}`);
  const working = slots.find((slot) => slot.working !== null)?.working;
  const all = each.join('\n');
  if (isOver) return [all];
  if (isClosing) return [all, texts.working.closing];
  return working ? [all, since(working, texts)] : [all];
}

function since({ askedAt }: { askedAt: number }, texts: Texts): string {
  return `-# ${texts.working.since(relativeTime(askedAt))}`;
}

/** A picture that is in the message, or comes with this edit. */
function shownName({ subject, done }: SlotState, { arriving }: Look): string | null {
  if (arriving?.generationId === subject.id) return arriving.name;
  return done?.attachment?.name ?? null;
}

/**
 * The files that stay, by their ids; null where Discord did not tell all of them. A list must name
 * what is to stay, so without them the message's files are left as they are.
 */
function keptFiles(slots: readonly SlotState[], { arriving, texts }: Look) {
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
function newestDraft(slots: readonly SlotState[], look: Look) {
  if (look.arriving !== null || look.isClosing || keptFiles(slots, look) === null) return null;
  const drafted = slots.filter((slot) => !isEnded(slot) && slot.working?.draft);
  const [newest] = drafted.sort((one, other) => other.draftedAt - one.draftedAt);
  const draft = newest?.working?.draft;
  // The draft travels with every edit: it is a few kilobytes, and no edit depends on another.
  return newest && draft ? draftUpload(newest.subject.id, draft) : null;
}

function files(slots: readonly SlotState[], look: Look, draft: Upload | null) {
  const kept = keptFiles(slots, look);
  if (kept === null) return {};
  const { arriving, texts } = look;
  const arrived = slots.find(({ subject }) => subject.id === arriving?.generationId);
  const added = [
    ...(draft === null ? [] : [{ filename: draft.name, description: texts.working.draft }]),
    ...(arriving && arrived
      ? [{ filename: arriving.name, description: altText(subjectOf(arrived), texts) }]
      : []),
  ];
  return {
    attachments: [...kept, ...added.map((file, index) => ({ id: String(index), ...file }))],
  };
}

function buttons(slots: readonly SlotState[], isOver: boolean, look: Look): Row[] {
  const { isPrivate, isClosing, texts } = look;
  const [first] = slots;
  if (first === undefined) return [];
  const { replyId, largestSize } = subjectOf(first);
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
  const isSingle = slots.length === 1;
  return endedButtons({ replyId, isPrivate, pictures, mayRedoAll, isSingle, largestSize }, texts);
}
