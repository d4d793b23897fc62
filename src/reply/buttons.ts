import {
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  type APIComponentInMessageActionRow,
  ButtonStyle,
  ComponentType,
} from 'discord-api-types/v10';
import type { ImageSize } from '../domain.ts';
import type { Texts } from '../texts/english.ts';
import { largerSizes, type Pixels } from '../texts/image-shape.ts';

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
  return [row(button('cancel', texts.buttons.cancel, ButtonStyle.Secondary, replyId))];
}

/** Under a finished picture. A private one is dismissed by its person, so there is no *Delete*. */
export function doneButtons(
  about: {
    replyId: string;
    generationId: string;
    image: Pixels;
    isPrivate: boolean;
    largestSize?: ImageSize;
  },
  texts: Texts,
): Row[] {
  const { replyId, generationId, image, isPrivate, largestSize } = about;
  const first = [
    button('again', texts.buttons.again, ButtonStyle.Secondary, replyId),
    button('edit', texts.buttons.edit, ButtonStyle.Primary, generationId),
    button('thinking', texts.buttons.thinking, ButtonStyle.Secondary, replyId),
    ...(isPrivate ? [] : [button('delete', texts.buttons.delete, ButtonStyle.Danger, replyId)]),
  ];
  const larger = largerSizes(image, largestSize).map((size) =>
    button(
      'enlarge',
      texts.buttons.enlarge(size),
      ButtonStyle.Secondary,
      ...[generationId, size, ...(isPrivate ? ['private'] : [])],
    ),
  );
  return larger.length === 0 ? [row(...first)] : [row(...first), row(...larger)];
}

/**
 * Under several pictures: a button to edit each, a choice of what else can be done with one, and
 * what concerns them all. Discord's apps do not fire the same choice twice in a row, so what opens
 * a form, which may be closed unsent, is a button.
 */
export function galleryButtons(
  about: {
    replyId: string;
    isPrivate: boolean;
    largestSize?: ImageSize;
    /** Those that were not made, without an image, can only be asked for again. */
    pictures: readonly { number: number; generationId: string; image: Pixels | null }[];
    /** Whether asking for all of them again pays for nothing twice. */
    mayRedoAll: boolean;
  },
  texts: Texts,
): Row[] {
  const { replyId, isPrivate, pictures, mayRedoAll, largestSize } = about;
  const { gallery, buttons } = texts;
  const options = pictures.flatMap(({ number, generationId, image }) => {
    const again = { label: gallery.pickAgain(number), value: actionId('again', generationId) };
    if (image === null) return [again];
    const larger = largerSizes(image, largestSize).map((wanted) => ({
      label: gallery.pickEnlarge(number, wanted),
      value: actionId('enlarge', generationId, wanted),
    }));
    return [again, ...larger];
  });
  const all = row(
    ...(mayRedoAll ? [button('again', buttons.again, ButtonStyle.Secondary, replyId)] : []),
    button('thinking', buttons.thinking, ButtonStyle.Secondary, replyId),
    ...(isPrivate ? [] : [button('delete', buttons.delete, ButtonStyle.Danger, replyId)]),
  );
  if (options.length === 0) return [all];
  const pick: Row = {
    type: ComponentType.ActionRow,
    components: [
      {
        type: ComponentType.StringSelect,
        custom_id: actionId('pick', replyId),
        placeholder: gallery.pick,
        options,
      },
    ],
  };
  const edits = pictures
    .filter(({ image }) => image !== null)
    .map(({ number, generationId }) =>
      button('edit', gallery.edit(number), ButtonStyle.Primary, generationId),
    );
  return edits.length === 0 ? [pick, all] : [row(...edits), pick, all];
}

/** Under a failure: the same once more, where that could help. */
export function failedButtons(replyId: string, texts: Texts): Row[] {
  return [row(button('again', texts.buttons.tryAgain, ButtonStyle.Secondary, replyId))];
}

function button(
  action: string,
  label: string,
  style: APIButtonComponentWithCustomId['style'],
  ...about: string[]
): APIButtonComponentWithCustomId {
  return { type: ComponentType.Button, custom_id: actionId(action, ...about), label, style };
}

function row(...components: APIButtonComponentWithCustomId[]): Row {
  return { type: ComponentType.ActionRow, components };
}
