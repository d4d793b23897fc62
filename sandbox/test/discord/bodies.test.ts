import { describe, expect, test } from 'vitest';
import { call, deferred, errorsAt, form, imagine, openDiscord, PIXEL } from './support.ts';

const text = (length: number) => 'x'.repeat(length);
const buttons = (...components: unknown[]) => ({ components: [{ type: 1, components }] });
const button = (change: object = {}) => ({
  type: 2,
  style: 1,
  label: 'b',
  custom_id: 'b',
  ...change,
});
const select = (change: object = {}) => ({
  type: 3,
  custom_id: 's',
  options: [{ label: 'a', value: 'a' }],
  ...change,
});

/** A body that Discord refuses, the place of the error in the answer, and its code. */
const REFUSED: [string, unknown, string, string][] = [
  ['content of 2001', { content: text(2001) }, 'content', 'BASE_TYPE_MAX_LENGTH'],
  ['content that is no text', { content: 5 }, 'content', 'STRING_TYPE_CONVERT'],
  ['11 embeds', { embeds: Array(11).fill({ title: 'x' }) }, 'embeds', 'BASE_TYPE_MAX_LENGTH'],
  ['a title of 257', { embeds: [{ title: text(257) }] }, 'embeds.0.title', 'BASE_TYPE_MAX_LENGTH'],
  [
    'a description of 4097',
    { embeds: [{ description: text(4097) }] },
    'embeds.0.description',
    'BASE_TYPE_MAX_LENGTH',
  ],
  [
    'a footer of 2049',
    { embeds: [{ footer: { text: text(2049) } }] },
    'embeds.0.footer.text',
    'BASE_TYPE_MAX_LENGTH',
  ],
  [
    '26 fields',
    { embeds: [{ fields: Array(26).fill({ name: 'a', value: 'b' }) }] },
    'embeds.0.fields',
    'BASE_TYPE_MAX_LENGTH',
  ],
  [
    'a field without a value',
    { embeds: [{ fields: [{ name: 'a', value: '' }] }] },
    'embeds.0.fields.0.value',
    'BASE_TYPE_REQUIRED',
  ],
  [
    'a field name of 257',
    { embeds: [{ fields: [{ name: text(257), value: 'b' }] }] },
    'embeds.0.fields.0.name',
    'BASE_TYPE_MAX_LENGTH',
  ],
  ['an embed of nothing', { embeds: [{}] }, 'embeds.0.description', 'BASE_TYPE_REQUIRED'],
  [
    'embeds of 6001 in all',
    { embeds: [{ description: text(3000) }, { description: text(3001) }] },
    'embeds',
    'MAX_EMBED_SIZE_EXCEEDED',
  ],
  [
    'a colour that is none',
    { embeds: [{ title: 'a', color: 16_777_216 }] },
    'embeds.0.color',
    'NUMBER_TYPE_MAX',
  ],
  [
    'a picture that is no URL',
    { embeds: [{ image: { url: 'fox.png' } }] },
    'embeds.0.image.url',
    'URL_TYPE_INVALID_URL',
  ],
  [
    'a picture from a file',
    { embeds: [{ image: { url: 'file:///fox.png' } }] },
    'embeds.0.image.url',
    'URL_TYPE_INVALID_SCHEME',
  ],
  [
    'a time that is none',
    { embeds: [{ title: 'a', timestamp: 'soon' }] },
    'embeds.0.timestamp',
    'DATE_TIME_TYPE_PARSE',
  ],
  [
    'mentions that contradict',
    {
      content: 'x',
      allowed_mentions: { parse: ['users'], users: ['100000000000000001'] },
    },
    'allowed_mentions',
    'MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE',
  ],
  [
    'six rows',
    {
      components: Array.from({ length: 6 }, (_, i) => ({
        type: 1,
        components: [button({ custom_id: `${i}` })],
      })),
    },
    'components',
    'BASE_TYPE_MAX_LENGTH',
  ],
  [
    'six buttons in a row',
    buttons(...Array.from({ length: 6 }, (_, i) => button({ custom_id: `${i}` }))),
    'components.0.components',
    'BASE_TYPE_MAX_LENGTH',
  ],
  [
    'a button outside of a row',
    { components: [button()] },
    'components.0.type',
    'UNION_TYPE_CHOICES',
  ],
  [
    'a custom_id of 101',
    buttons(button({ custom_id: text(101) })),
    'components.0.components.0.custom_id',
    'BASE_TYPE_MAX_LENGTH',
  ],
  [
    'a label of 81',
    buttons(button({ label: text(81) })),
    'components.0.components.0.label',
    'BASE_TYPE_MAX_LENGTH',
  ],
  [
    'a button without a label',
    buttons(button({ label: undefined })),
    'components.0.components.0.label',
    'BASE_TYPE_REQUIRED',
  ],
  [
    'a button without a custom_id',
    buttons(button({ custom_id: undefined })),
    'components.0.components.0.custom_id',
    'BASE_TYPE_REQUIRED',
  ],
  [
    'a button of style 9',
    buttons(button({ style: 9 })),
    'components.0.components.0.style',
    'BASE_TYPE_CHOICES',
  ],
  [
    'a link without a URL',
    buttons(button({ style: 5, custom_id: undefined })),
    'components.0.components.0.url',
    'BASE_TYPE_REQUIRED',
  ],
  [
    'the same custom_id twice',
    buttons(button(), button()),
    'components.0.components.1.custom_id',
    'COMPONENT_CUSTOM_ID_DUPLICATED',
  ],
  [
    'a select beside a button',
    buttons(select(), button()),
    'components.0.components',
    'COMPONENT_LAYOUT_WIDTH_EXCEEDED',
  ],
  [
    '26 options',
    buttons(
      select({ options: Array.from({ length: 26 }, (_, i) => ({ label: 'a', value: `${i}` })) }),
    ),
    'components.0.components.0.options',
    'BASE_TYPE_MAX_LENGTH',
  ],
  [
    'an option twice',
    buttons(
      select({
        options: [
          { label: 'a', value: 'a' },
          { label: 'b', value: 'a' },
        ],
      }),
    ),
    'components.0.components.0.options.1.value',
    'SELECT_COMPONENT_OPTION_VALUE_DUPLICATED',
  ],
  [
    'an unknown component',
    { components: [{ type: 1, components: [{ type: 99 }] }] },
    'components.0.components.0.type',
    'UNION_TYPE_CHOICES',
  ],
  [
    'an attachment that is not there',
    { content: 'x', attachments: [{ id: '0' }] },
    'attachments.0.id',
    'ATTACHMENT_NOT_FOUND',
  ],
  [
    'an alt text of 1025',
    { content: 'x', attachments: [{ id: 0, description: text(1025) }] },
    'attachments.0.description',
    'BASE_TYPE_MAX_LENGTH',
  ],
  [
    '11 attachments',
    { content: 'x', attachments: Array(11).fill({ id: 0 }) },
    'attachments',
    'BASE_TYPE_MAX_LENGTH',
  ],
];

describe('a message is refused with 400 / 50035 and the place of the error', () => {
  test('on an edit with an interaction token', async () => {
    const discord = await openDiscord();
    discord.controls.set({ rateLimits: false });
    const { original } = await deferred(discord);
    for (const [what, body, path, code] of REFUSED) {
      const { status, json } = await call(discord, 'PATCH', original, body, { token: null });
      expect({ what, status, code: json.code, message: json.message }).toEqual({
        what,
        status: 400,
        code: 50_035,
        message: 'Invalid Form Body',
      });
      expect({ what, codes: errorsAt(json.errors, path).map((error) => error.code) }).toEqual({
        what,
        codes: [code],
      });
    }
  });

  test('on a follow-up, on a first answer below `data`, and in a channel', async () => {
    const discord = await openDiscord();
    discord.controls.set({ rateLimits: false });
    const { webhook } = await deferred(discord);
    const { callback } = await imagine(discord);
    const channel = `/channels/${discord.world.places.studioGeneral.id}/messages`;
    for (const [what, body, path, code] of REFUSED) {
      const places: [string, unknown, string][] = [
        [webhook, body, path],
        [callback, { type: 4, data: body }, `data.${path}`],
        [channel, body, path],
      ];
      for (const [route, sent, place] of places) {
        const { status, json } = await call(discord, 'POST', route, sent);
        const codes = errorsAt(json.errors, place);
        expect({ what, status, codes: codes.map((error) => error.code) }).toEqual({
          what,
          status: 400,
          codes: [code],
        });
      }
    }
    expect(discord.messages(discord.world.places.studioGeneral.id)).toHaveLength(1);
  });
});

test('what stands just inside the limits is taken, counted in characters', async () => {
  const discord = await openDiscord();
  discord.controls.set({ rateLimits: false });
  const { original } = await deferred(discord);
  const bodies = [
    { content: '🦊'.repeat(2000) },
    { embeds: [{ description: text(4096) }, { footer: { text: text(1904) } }] },
    { embeds: [{ title: 'a', timestamp: '2026-11-21T10:00:00+01:00', color: 0 }] },
    buttons(
      ...Array.from({ length: 5 }, (_, i) => button({ custom_id: `${i}`, emoji: { name: '🦊' } })),
    ),
    { content: 'unknown members are nobody’s business', embed: {}, nonsense: 1 },
  ];
  for (const body of bodies) {
    expect(await call(discord, 'PATCH', original, body)).toMatchObject({ status: 200 });
  }
});

test('a message with nothing to see is refused with 50006', async () => {
  const discord = await openDiscord();
  const { original, webhook } = await deferred(discord);
  await call(discord, 'PATCH', original, { content: 'x' });
  for (const [method, path, body] of [
    ['PATCH', original, { content: '' }],
    ['POST', webhook, {}],
    ['POST', webhook, { content: '  ' }],
  ] as const) {
    expect((await call(discord, method, path, body)).json).toEqual({
      message: 'Cannot send an empty message',
      code: 50_006,
    });
  }
});

test('a body that is no JSON is refused with 50109, one that is no object with 50035', async () => {
  const discord = await openDiscord();
  const { webhook } = await deferred(discord);
  const response = await fetch(`${discord.apiUrl}/v10${webhook}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"content":',
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: 50_109 });
  expect((await call(discord, 'POST', webhook, [1])).json).toMatchObject({ code: 50_035 });
  const data = new FormData();
  data.append('payload_json', '{');
  expect((await call(discord, 'POST', webhook, data)).json).toMatchObject({ code: 50_109 });
});

test('a picture by attachment:// that matches no file is left out, and the record says so', async () => {
  const discord = await openDiscord();
  const { original } = await deferred(discord);
  const embeds = [{ title: 'x', image: { url: 'attachment://fox(1).png' } }];
  const { json } = await call(
    discord,
    'PATCH',
    original,
    form({ embeds }, { 'fox(1).png': PIXEL }),
  );
  expect(json.embeds).toEqual([{ type: 'rich', title: 'x' }]);
  // Discord renamed it, so the link broke and the file stands beside the embed.
  expect(json.attachments).toMatchObject([{ filename: 'fox1.png' }]);
  expect(discord.requests.at(-1)?.warnings).toEqual([
    'embed image: no file is called fox(1).png; Discord shows nothing',
  ]);
});

test('mentions ping only where they are allowed to', async () => {
  const discord = await openDiscord();
  const { webhook } = await deferred(discord);
  const { id } = discord.world.people.owner;
  await call(discord, 'POST', webhook, { content: 'fill the deferred one' });
  const content = `<@${id}> @everyone`;
  const open = await call(discord, 'POST', webhook, { content });
  expect(open.json).toMatchObject({ mention_everyone: true, mentions: [{ id }] });
  const closed = await call(discord, 'POST', webhook, { content, allowed_mentions: { parse: [] } });
  expect(closed.json).toMatchObject({ mention_everyone: false, mentions: [] });
});
