import type { InteractionHandle } from '@darkroom/sandbox/discord';
import { type APIApplicationCommandOption, ApplicationCommandOptionType } from 'discord.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handlers } from '../../commands/index.ts';
import { isReferenceFile, REFERENCE_FILE_TYPES } from '../../src/images/references/file-types.ts';
import { SETTING_NAMES } from '../../src/pages/settings-page.ts';
import { NO_LIMITS, NOON, reply } from '../store/samples.ts';
import { answerOf, startBot, type TestBot } from './bot.ts';

let bot: TestBot;
beforeAll(async () => {
  bot = await startBot(NOON);
});
afterAll(() => bot.close());

const owner = () => bot.discord.world.people.owner.id;
const place = () => bot.discord.world.places.studioGeneral;

/** A file upload of a form, whatever holds it. */
interface Part {
  type: number;
  component?: Part;
  components?: Part[];
  file_types?: string[];
}

function uploadsIn(parts: readonly Part[]): Part[] {
  return parts.flatMap((part) => [
    ...(part.type === 19 ? [part] : []),
    ...uploadsIn([...(part.component ? [part.component] : []), ...(part.components ?? [])]),
  ]);
}

async function formOf(opened: InteractionHandle): Promise<Part[]> {
  await opened.acknowledged;
  const modal = opened.modal();
  if (modal === null) throw new Error('no form was opened');
  return modal.components as Part[];
}

describe('the files that Discord offers', () => {
  it('are images and TIFF at every attachment option of every command', () => {
    const options = handlers.slash.flatMap(({ data }) => data.options ?? []);
    const attachments = (options as APIApplicationCommandOption[]).flatMap((option) =>
      option.type === ApplicationCommandOptionType.Attachment ? [option] : [],
    );
    expect(attachments.length).toBeGreaterThanOrEqual(8);
    for (const { name, file_types: types } of attachments) {
      expect({ name, types }).toEqual({ name, types: REFERENCE_FILE_TYPES });
    }
    // As Discord keeps them, too.
    const registered = bot.discord.commands().flatMap(({ options: kept = [] }) => kept);
    const types = registered.flatMap((one) => ('file_types' in one ? [one.file_types] : []));
    expect(types).toEqual(attachments.map(() => REFERENCE_FILE_TYPES));
  });

  it('are images and TIFF at every file upload of every form', async () => {
    const expired = 'https://cdn.discordapp.com/attachments/1/2/a.png?ex=1&is=1&hm=ab';
    const made = reply('files', {
      createdAt: NOON,
      target: {
        userId: owner(),
        guildId: bot.discord.world.places.studio.id,
        channelId: place().id,
      },
      request: {
        references: [
          { kind: 'attachment', url: expired, name: 'a.png', contentType: null, bytes: 1 },
        ],
      },
    });
    const id = made.generations[0]?.id;
    await bot.store.replies.admit(made, NO_LIMITS);
    const shown = `${new URL(bot.discord.apiUrl).origin}/attachments/1/2/a.png`;
    const message = await bot.forge(
      place().id,
      [`edit:${id}`, 'again:files', `history-again:${id}`],
      shown,
    );
    const at = { userId: owner(), channelId: place().id, messageId: message.id };
    const press = (customId: string) => bot.discord.interact({ kind: 'button', ...at, customId });
    const forms = [
      await formOf(await press(`edit:${id}`)),
      await formOf(await press('again:files')),
      await formOf(await press(`history-again:${id}`)),
      await formOf(
        await bot.discord.interact({ kind: 'message-command', command: 'Edit picture', ...at }),
      ),
    ];
    for (const form of forms) {
      expect(uploadsIn(form)).toMatchObject([{ file_types: REFERENCE_FILE_TYPES }]);
    }
    // No other form takes files; one that does must say which.
    const asked = { userId: owner(), channelId: place().id };
    const settings = await answerOf(
      await bot.discord.interact({ kind: 'slash', command: 'settings', ...asked }),
    );
    for (const name of SETTING_NAMES) {
      const customId = `settings-form:${name}`;
      const where = { messageId: settings.id, userId: owner(), customId };
      const form = await formOf(await bot.discord.interact({ kind: 'button', ...where }));
      for (const upload of uploadsIn(form)) expect(upload.file_types).toBeDefined();
    }
  });

  it('are those that a message’s menu takes for images', () => {
    const names = [
      'a.png',
      'a.GIF',
      'a.jpg',
      'a.jpeg',
      'a.jfif',
      'a.webp',
      'a.avif',
      'a.tif',
      'a.tiff',
    ];
    for (const name of names) {
      expect(isReferenceFile({ name, contentType: null, hasPixels: false })).toBe(true);
    }
    for (const name of ['a.heic', 'a.svg', 'a.bmp', 'a.mp4', 'a.png.blend', 'png']) {
      expect(isReferenceFile({ name, contentType: null, hasPixels: false })).toBe(false);
    }
    expect(isReferenceFile({ name: 'photo', contentType: null, hasPixels: true })).toBe(true);
    const unsure = { name: 'a.tif', contentType: 'application/octet-stream', hasPixels: false };
    expect(isReferenceFile(unsure)).toBe(true);
    expect(isReferenceFile({ ...unsure, contentType: 'image/svg+xml' })).toBe(false);
  });
});
