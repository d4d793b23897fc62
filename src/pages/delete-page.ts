import { ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { actionId } from '../reply/render/buttons.ts';
import { COLOURS } from '../reply/render/render-parts.ts';
import type { Texts } from '../texts/english.ts';
import type { Page } from './pages.ts';

/** Asks whether a reply shall really go. */
export function deletePage(replyId: string, { deletion }: Texts): Page {
  return {
    embeds: [{ color: COLOURS.failed, title: deletion.title, description: deletion.question }],
    components: [
      {
        type: ComponentType.ActionRow,
        components: [
          {
            type: ComponentType.Button,
            custom_id: actionId('delete-yes', replyId),
            label: deletion.yes,
            style: ButtonStyle.Danger,
          },
        ],
      },
    ],
  };
}

export function deletedPage({ deletion }: Texts): Page {
  return { embeds: [{ color: COLOURS.done, title: deletion.done }] };
}
