import {
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  type APIComponentInMessageActionRow,
  ButtonStyle,
  ComponentType,
} from 'discord-api-types/v10';
import type { ImageSize } from '../../domain.ts';
import type { Texts } from '../../texts/english.ts';
import { largerSizes, type Pixels } from '../../texts/image-shape.ts';

export type Row = APIActionRowComponent<APIComponentInMessageActionRow>;

/**
 * What a button does, and on what. The ids are the store's; a person who writes one by hand gains
 * nothing, because every handler asks the store who may.
 */
export function actionId(action: string, ...about: string[]): string {
  return [action, ...about].join(':');
}

/** While it runs: only to stop it. */
export function workingButtons(replyId: string, texts: Texts): Row[] {
  return rows([button('cancel', texts.buttons.cancel, ButtonStyle.Secondary, replyId)]);
}

/** What can be done with one picture; one that was not made, without an image, is only asked for again. */
export interface PictureActions {
  generationId: string;
  /** Its place in the reply, from 1. */
  number: number;
  image: Pixels | null;
}

/** What the buttons under a reply go by that has ended, or can be written no longer. */
export interface ReplyActions {
  replyId: string;
  /** A private message is dismissed by its person, so there is no *Delete*. */
  isPrivate: boolean;
  largestSize?: ImageSize | undefined;
  pictures: readonly PictureActions[];
  /** Whether the reply is of one picture: then all that is about the picture is about the reply. */
  isSingle: boolean;
  /** Whether asking for all of them again pays for nothing twice. */
  mayRedoAll: boolean;
}

/**
 * Under one picture what can be done with it; under several a row for each, and one for what
 * concerns them all: five rows for four pictures, which is what Discord takes. All are buttons:
 * Discord's apps do not fire the choice of a menu that is chosen already.
 */
export function endedButtons(about: ReplyActions, texts: Texts): Row[] {
  const { replyId, isPrivate, pictures, mayRedoAll, isSingle } = about;
  const { buttons } = texts;
  const remove = isPrivate ? [] : [button('delete', buttons.delete, ButtonStyle.Danger, replyId)];
  const thinking = (...ids: string[]) =>
    button('thinking', buttons.thinking, ButtonStyle.Secondary, ...ids);
  const [only] = pictures;
  if (isSingle && only) {
    const ids = [replyId, only.generationId];
    const first = [
      button('again', buttons.again, ButtonStyle.Secondary, ...ids),
      button('edit', buttons.edit, ButtonStyle.Primary, only.generationId),
      thinking(...ids),
      ...remove,
    ];
    return rows(first, enlargeButtons(only, about, buttons.enlarge));
  }
  const again = ({ number, generationId }: PictureActions) =>
    button('again', texts.gallery.again(number), ButtonStyle.Secondary, replyId, generationId);
  const made = pictures.filter(({ image }) => image !== null);
  const each = made.map((picture) => [
    button('edit', texts.gallery.edit(picture.number), ButtonStyle.Primary, picture.generationId),
    again(picture),
    ...enlargeButtons(picture, about, (size) => texts.gallery.enlarge(picture.number, size)),
  ]);
  const missing = pictures.filter(({ image }) => image === null).map(again);
  const all = mayRedoAll ? [button('again', buttons.again, ButtonStyle.Secondary, replyId)] : [];
  return rows(...each, missing, [...all, thinking(replyId), ...remove]);
}

function enlargeButtons(
  { generationId, image }: PictureActions,
  { largestSize }: ReplyActions,
  label: (size: ImageSize) => string,
): APIButtonComponentWithCustomId[] {
  const sizes = image === null ? [] : largerSizes(image, largestSize);
  return sizes.map((size) =>
    button('enlarge', label(size), ButtonStyle.Secondary, generationId, size),
  );
}

/** Under a failure: the same once more, where that could help. */
export function failedButtons(
  { id, replyId }: { id: string; replyId: string },
  texts: Texts,
): Row[] {
  return rows([button('again', texts.buttons.tryAgain, ButtonStyle.Secondary, replyId, id)]);
}

export function button(
  action: string,
  label: string,
  style: APIButtonComponentWithCustomId['style'],
  ...about: string[]
): APIButtonComponentWithCustomId {
  return { type: ComponentType.Button, custom_id: actionId(action, ...about), label, style };
}

/** Discord takes no row without a button. */
export function rows(...all: APIButtonComponentWithCustomId[][]): Row[] {
  return all
    .filter((components) => components.length > 0)
    .map((components) => ({ type: ComponentType.ActionRow, components }));
}
