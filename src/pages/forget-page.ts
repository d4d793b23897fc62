import { ButtonStyle } from 'discord-api-types/v10';
import { button, rows } from '../reply/render/buttons.ts';
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
export function forgetQuestion({ forget }: Texts): Page {
  return {
    embeds: [{ color: COLOURS.failed, title: forget.title, description: forget.asks }],
    components: rows([
      button('forget', forget.yes, ButtonStyle.Danger, 'yes'),
      button('forget', forget.no, ButtonStyle.Secondary, 'no'),
    ]),
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
