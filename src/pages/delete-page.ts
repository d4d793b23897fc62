import { ButtonStyle } from 'discord-api-types/v10';
import { button, rows } from '../reply/render/buttons.ts';
import { COLOURS } from '../reply/render/render-parts.ts';
import type { Texts } from '../texts/english.ts';
import type { Page } from './pages.ts';

/** Asks whether a reply shall really go. */
export function deletePage(replyId: string, { deletion }: Texts): Page {
  return {
    embeds: [{ color: COLOURS.failed, title: deletion.title, description: deletion.question }],
    components: rows([button('delete-yes', deletion.yes, ButtonStyle.Danger, replyId)]),
  };
}

export function deletedPage({ deletion }: Texts): Page {
  return { embeds: [{ color: COLOURS.done, title: deletion.done }] };
}
