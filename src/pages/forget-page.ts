import { ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { COLOURS } from '../reply/render/render-parts.ts';
import type { Texts } from '../texts/english.ts';
import type { Page } from './pages.ts';

/** How the asking ended. */
export type Forgotten =
  | { state: 'kept' }
  | { state: 'done'; erased: number }
  /** So many replies could not be deleted yet. */
  | { state: 'partly'; open: number };

/** Asks before anything is deleted; the buttons hold no state, so that they outlive a restart. */
export function forgetQuestion(texts: Texts): Page {
  const { forget } = texts;
  return {
    embeds: [{ color: COLOURS.failed, title: forget.title, description: forget.asks }],
    components: [
      {
        type: ComponentType.ActionRow,
        components: [
          {
            type: ComponentType.Button,
            style: ButtonStyle.Danger,
            label: forget.yes,
            custom_id: 'forget:yes',
          },
          {
            type: ComponentType.Button,
            style: ButtonStyle.Secondary,
            label: forget.no,
            custom_id: 'forget:no',
          },
        ],
      },
    ],
  };
}

export function forgetAnswer(result: Forgotten, texts: Texts): Page {
  const { forget } = texts;
  const page = (title: string, description: string): Page => ({
    embeds: [{ color: COLOURS.done, title, description }],
  });
  if (result.state === 'kept') return page(forget.kept.title, forget.kept.body);
  if (result.state === 'done') return page(forget.done.title, forget.done.body(result.erased));
  return {
    ...page(forget.partly.title, forget.partly.body(result.open)),
    components: forgetQuestion(texts).components ?? [],
  };
}
