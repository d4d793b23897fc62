import { ButtonStyle, ComponentType } from 'discord-api-types/v10';
import type { Page } from './pages.ts';
import { COLOURS, paragraphs } from './render-parts.ts';
import type { SettingName } from './settings-page.ts';
import type { Texts } from './texts.ts';

const FENCE = '```';
/** An embed's description takes 4096; the fences and their line breaks take some. */
const WRITTEN_CHARS = 4_000;
/** Told apart from nothing by no eye: it parts backticks that would end the block too early. */
const ZERO_WIDTH_SPACE = '\u200B';

/**
 * Says why a form was not taken. Discord opens no form in answer to a form, so what the person
 * wrote waits in this message, for the button that opens the form again.
 */
export function settingsRefusedPage(
  name: SettingName,
  reason: string,
  written: string,
  texts: Texts,
): Page {
  const { refused } = texts.settings;
  const kept = written.trim() === '' || written.length > WRITTEN_CHARS ? null : written;
  return {
    embeds: [
      {
        color: COLOURS.failed,
        title: refused.title,
        description: paragraphs(reason, kept === null ? null : refused.kept),
      },
      ...(kept === null ? [] : [{ color: COLOURS.failed, description: fenced(kept) }]),
    ],
    components: [
      {
        type: ComponentType.ActionRow,
        components: [
          {
            type: ComponentType.Button,
            style: ButtonStyle.Primary,
            label: refused.retry,
            custom_id: `settings-form:${name}:retry`,
          },
        ],
      },
    ],
  };
}

/** What the person wrote, read back from such a page; null when it holds nothing. */
export function readWritten(descriptions: readonly (string | null | undefined)[]): string | null {
  const block = descriptions[1];
  if (!block?.startsWith(`${FENCE}\n`) || !block.endsWith(`\n${FENCE}`)) return null;
  return block.slice(FENCE.length + 1, -FENCE.length - 1).replaceAll(ZERO_WIDTH_SPACE, '');
}

function fenced(text: string): string {
  return `${FENCE}\n${text.replaceAll('`', `\`${ZERO_WIDTH_SPACE}`)}\n${FENCE}`;
}
