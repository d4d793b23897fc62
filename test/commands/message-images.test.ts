import type { MessageParts } from '@darkroom/sandbox/discord';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NOON } from '../store/samples.ts';
import { readable, startBot, type TestBot } from './bot.ts';

let bot: TestBot;
beforeAll(async () => {
  bot = await startBot(NOON);
});
afterAll(() => bot.close());
beforeEach(() => {
  bot.submitted.length = 0;
});

const V2 = 1 << 15;
const PNG = new Uint8Array([137, 80, 78, 71]);

const person = () => bot.discord.world.people.member.id;
const channelId = () => bot.discord.world.places.studioGeneral.id;

/** A file on Discord's own servers, as a member of a message. */
async function uploaded(name: string, contentType: string | null = 'image/png') {
  const file = { name, bytes: PNG, ...(contentType === null ? {} : { contentType }) };
  const { url, proxy_url: proxyUrl } = await bot.discord.upload(person(), file);
  const type = contentType === null ? {} : { content_type: contentType };
  return { url, proxy_url: proxyUrl, width: 64, height: 48, ...type };
}

const elsewhere = (name: string) => {
  const url = `https://i.example.com/${name}`;
  const proxyUrl = `https://images-ext-1.discordapp.net/external/k/https/i.example.com/${name}`;
  return { url, proxy_url: proxyUrl, width: 64, height: 48 };
};

const gallery = (...media: object[]) => ({
  type: 12,
  id: 1,
  items: media.map((one) => ({ media: one })),
});

/** Components of any shape: what the API gives is not held to the types of this version. */
const components = (...list: object[]) =>
  ({ flags: V2, components: list }) as unknown as MessageParts;

const forwarded = (message: object) =>
  ({
    message_reference: {
      type: 1,
      message_id: '111111111111111111',
      channel_id: '222222222222222222',
    },
    message_snapshots: [{ message }],
  }) as unknown as MessageParts;

interface Written {
  parts?: MessageParts;
  files?: { name: string; contentType?: string }[];
}

/** Uses a command of the menu on such a message. */
async function use(command: string, { parts, files = [] }: Written) {
  const message = await bot.discord.post({
    userId: person(),
    channelId: channelId(),
    files: files.map((file) => ({ ...file, bytes: PNG })),
    ...(parts ? { parts } : {}),
  });
  const ids = { messageId: message.id, channelId: channelId(), userId: person() };
  return await bot.discord.interact({ kind: 'message-command', command, ...ids });
}

/** What *Edit picture* says of a message: its form's hint and references, or its refusal. */
async function edit(written: Written): Promise<{ hint: string; urls: string[] } | string> {
  const opened = await use('Edit picture', written);
  await opened.acknowledged;
  const modal = opened.modal();
  if (modal === null) {
    return readable(
      await opened.when(() => (opened.response()?.embeds.length ? opened.response() : null)),
    );
  }
  const [words] = modal.components as { description?: string }[];
  await bot.discord.interact({
    kind: 'modal',
    interactionId: opened.id,
    fields: { instruction: 'brighter' },
    userId: person(),
  });
  await expect.poll(() => bot.submitted).toHaveLength(1);
  const { references = [] } = bot.submitted.pop()?.requests[0] ?? {};
  return { hint: words?.description ?? '', urls: references.map(({ url }) => url ?? '') };
}

describe('Edit picture', () => {
  it.each([
    ['a gallery', (media: object) => components(gallery(media))],
    [
      'a gallery in a container',
      (media: object) => components({ type: 17, id: 1, components: [gallery(media)] }),
    ],
    [
      'a section beside its text',
      (media: object) =>
        components({
          type: 9,
          id: 1,
          components: [{ type: 10, id: 2, content: 'a fox' }],
          accessory: { type: 11, id: 3, media },
        }),
    ],
    [
      'a file',
      (media: object) => components({ type: 13, id: 1, file: media, name: 'fox.png', size: 4 }),
    ],
    [
      'an embed’s image',
      (media: object) => ({ embeds: [{ type: 'rich', image: media }] }) as MessageParts,
    ],
    [
      'an embed’s thumbnail',
      (media: object) => ({ embeds: [{ type: 'rich', thumbnail: media }] }) as MessageParts,
    ],
    [
      'the link of an image',
      (media: object) => ({ embeds: [{ type: 'image', thumbnail: media }] }) as MessageParts,
    ],
    [
      'a GIF that plays',
      (media: object) => ({ embeds: [{ type: 'gifv', thumbnail: media }] }) as MessageParts,
    ],
    [
      'a component that this version does not know',
      (media: object) => components({ type: 99, id: 1, components: [{ type: 98, media }] }),
    ],
  ])('takes what people see in %s, also of a forwarded message', async (_, show) => {
    const media = await uploaded('fox.png');
    const parts = show(media);
    expect(await edit({ parts })).toEqual({ hint: '', urls: [media.url] });
    const snapshot = { content: '', attachments: [], embeds: [], ...parts };
    expect(await edit({ parts: forwarded(snapshot) })).toEqual({ hint: '', urls: [media.url] });
  });

  it('takes an attachment of a forwarded message', async () => {
    const media = await uploaded('fox.png');
    const attachment = { ...media, id: '333333333333333333', filename: 'fox.png', size: 4 };
    const snapshot = { content: '', attachments: [attachment], embeds: [] };
    expect(await edit({ parts: forwarded(snapshot) })).toMatchObject({ urls: [media.url] });
  });

  it('takes several in the order shown, and each once, wherever it is shown', async () => {
    const [a, b] = [await uploaded('a.png'), await uploaded('a.png')];
    const shown = components({ type: 17, id: 1, components: [gallery(a, b)] }, gallery(a));
    const again = { ...a, url: `${a.url}&width=100` };
    const parts = { ...shown, embeds: [{ type: 'rich', image: again }] } as MessageParts;
    const answer = await edit({ parts });
    expect(answer).toMatchObject({ hint: 'Of all 2 images of the message, in the order shown.' });
    expect(answer).toMatchObject({ urls: [again.url, b.url] });
  });

  it('takes Discord’s own copy where that is allowed and its source is not', async () => {
    const { url } = await uploaded('fox.png');
    const media = { ...elsewhere('fox.png'), proxy_url: url };
    expect(await edit({ parts: components(gallery(media)) })).toMatchObject({ urls: [url] });
  });

  it.each([
    [
      'link',
      {
        embeds: [
          { type: 'image', url: 'https://i.example.com/x.png', thumbnail: elsewhere('x.png') },
        ],
      },
    ],
    ['GIF that plays', { embeds: [{ type: 'gifv', thumbnail: elsewhere('x.png') }] }],
    ['gallery', components(gallery(elsewhere('x.png')))],
  ])('says of a %s to another site that it is out of reach', async (_, parts) => {
    expect(await edit({ parts: parts as MessageParts })).toContain('out of reach');
  });

  it('takes a sticker that is an image where Discord’s CDN is allowed', async () => {
    const hosts = bot.context.images.attachmentHosts;
    bot.context.images.attachmentHosts = ['cdn.discordapp.com', 'media.discordapp.net'];
    const sticker = (format_type: number) =>
      ({
        sticker_items: [{ id: '1234567890123456789', name: 'wave', format_type }],
      }) as MessageParts;
    const taken = (url: string) => ({ hint: '', urls: [url] });
    try {
      const png = taken('https://cdn.discordapp.com/stickers/1234567890123456789.png');
      expect(await edit({ parts: sticker(1) })).toEqual(png);
      expect(await edit({ parts: sticker(2) })).toEqual(png);
      const snapshot = { content: '', attachments: [], embeds: [], ...sticker(4) };
      expect(await edit({ parts: forwarded(snapshot) })).toEqual(
        taken('https://media.discordapp.net/stickers/1234567890123456789.gif'),
      );
      expect(await edit({ parts: sticker(3) })).toContain('This sticker can’t be edited');
    } finally {
      bot.context.images.attachmentHosts = hosts;
    }
    expect(await edit({ parts: sticker(1) })).toContain('This sticker can’t be edited');
  });

  it.each([
    ['logo.svg', 'image/svg+xml'],
    ['photo.heic', 'image/heic'],
    ['scan.bmp', 'image/bmp'],
    ['clip.mp4', 'video/mp4'],
    ['scene.blend', undefined],
    ['notes', 'text/plain'],
  ])('leaves out one other file beside an image, and counts it (%s)', async (name, contentType) => {
    const other = contentType === undefined ? { name } : { name, contentType };
    const answer = await edit({ files: [other, { name: 'a.png', contentType: 'image/png' }] });
    expect(answer).toMatchObject({
      hint: 'Of 1 of its 2 files: the others are no images that can be edited.',
      urls: [expect.stringContaining('/a.png?')],
    });
    expect(await edit({ files: [other] })).toContain('No image that can be edited');
  });

  it('goes by the name of a file of which Discord says nothing', async () => {
    const [a, b] = [await uploaded('a.TIFF', null), await uploaded('b.blend', null)];
    const answer = await edit({ parts: components(gallery(a, b)) });
    expect(answer).toMatchObject({ urls: [a.url] });
  });

  it('takes ten, and says of how many', async () => {
    const media = await Promise.all(Array.from({ length: 12 }, () => uploaded('a.png')));
    const answer = await edit({
      parts: components(gallery(...media.slice(0, 6)), gallery(...media.slice(6))),
    });
    expect(answer).toMatchObject({
      hint: 'Of 10 of its 12 images: that is the most for one edit.',
      urls: media.slice(0, 10).map(({ url }) => url),
    });
  });

  it('looks at a bounded number of components', async () => {
    const media = await Promise.all(Array.from({ length: 150 }, () => uploaded('a.png')));
    const answer = await edit({ parts: components(...media.map((one) => gallery(one))) });
    expect(answer).toMatchObject({ hint: expect.stringMatching(/^Of 10 of its 100 images/) });
  });

  it('says of a message of words alone that it shows none', async () => {
    const parts = components({ type: 10, id: 1, content: 'a fox' });
    expect(await edit({ parts })).toContain('No picture there');
  });

  it('answers on a message with a poll, of which discord.js makes nothing without its channel', async () => {
    const poll = {
      question: { text: 'Which?' },
      answers: [],
      allow_multiselect: false,
      layout_type: 1,
    };
    const parts = { poll } as unknown as MessageParts;
    expect(await edit({ parts })).toContain('No picture there');
    const files = [{ name: 'a.png', contentType: 'image/png' }];
    expect(await edit({ parts, files })).toMatchObject({
      urls: [expect.stringContaining('/a.png')],
    });
  });

  it('answers within its hint’s room whatever a message shows, and never fails', async () => {
    const file = await uploaded('a.png');
    const media = fc.constantFrom<object>(
      file,
      elsewhere('b.png'),
      { url: 'no address' },
      {},
      { url: '' },
    );
    const { node } = fc.letrec<{ node: object }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        fc.record({
          type: fc.constantFrom(12, 99),
          items: fc.array(fc.record({ media }), { maxLength: 10 }),
        }),
        fc.record({ type: fc.constantFrom(11, 98), media }),
        fc.record({
          type: fc.constantFrom(17, 1, 97),
          components: fc.array(tie('node'), { maxLength: 6 }),
        }),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(fc.array(node, { maxLength: 8 }), async (nodes) => {
        const answer = await edit({ parts: components(...nodes) });
        if (typeof answer === 'string') expect(answer).not.toContain('inside Darkroom');
        else expect(answer.hint.length).toBeLessThanOrEqual(100);
      }),
      { numRuns: 40 },
    );
  });
});

describe('Picture details', () => {
  it('answers on any message', async () => {
    const media = await uploaded('fox.png');
    const snapshot = { content: '', attachments: [], embeds: [], ...components(gallery(media)) };
    const sticker = { sticker_items: [{ id: '1', name: 'wave', format_type: 3 }] } as MessageParts;
    for (const parts of [components(gallery(media)), forwarded(snapshot), sticker]) {
      const asked = await use('Picture details', { parts });
      const said = await asked.when(() =>
        asked.response()?.embeds.length ? asked.response() : null,
      );
      expect(readable(said)).toContain('no picture that Darkroom made');
    }
  });
});
