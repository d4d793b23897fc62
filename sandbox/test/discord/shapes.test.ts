import * as spec from 'discord-api-spec/zod';
import { expect, test } from 'vitest';
import { type $ZodType, safeParse } from 'zod/v4/core';
import { call, form, imagine, openDiscord, PIXEL, registerCommands } from './support.ts';

/** The schemas want times to end in `Z`; Discord itself writes `+00:00`. */
function withPlainTimes(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll(/(\.\d+)\+00:00"/g, '$1Z"'));
}

function expectShape(schema: $ZodType, value: unknown) {
  const { error } = safeParse(schema, withPlainTimes(value));
  expect(error?.issues ?? []).toEqual([]);
}

test('every answer has the shape that Discord publishes', async () => {
  const discord = await openDiscord();
  discord.controls.set({ rateLimits: false });
  const { people, places } = discord.world;
  for (const command of await registerCommands(discord)) {
    expectShape(spec.ApplicationCommandResponseSchema, command);
  }
  const get = async (schema: $ZodType, path: string) =>
    expectShape(schema, (await call(discord, 'GET', path)).json);
  await get(spec.PrivateApplicationResponseSchema, '/applications/@me');
  await get(spec.UserPIIResponseSchema, '/users/@me');
  await get(spec.UserResponseSchema, `/users/${people.member.id}`);
  await get(spec.GatewayBotResponseSchema, '/gateway/bot');
  await get(spec.GuildWithCountsResponseSchema, `/guilds/${places.studio.id}`);
  await get(
    spec.GuildMemberResponseSchema,
    `/guilds/${places.studio.id}/members/${people.owner.id}`,
  );
  await get(spec.GuildChannelResponseSchema, `/channels/${places.studioGeneral.id}`);
  await get(spec.PrivateChannelResponseSchema, `/channels/${places.memberDm.id}`);
  await get(spec.ErrorResponseSchema, '/nothing');
  for (const guild of (await call(discord, 'GET', '/users/@me/guilds')).json) {
    expectShape(spec.MyGuildResponseSchema, guild);
  }

  const { callback, original, webhook, handle } = await imagine(discord);
  const first = { type: 4, data: { content: 'x' } };
  const answered = await call(discord, 'POST', `${callback}?with_response=true`, first);
  expectShape(spec.InteractionCallbackResponseSchema, answered.json);
  const full = {
    content: `<@${people.owner.id}>`,
    embeds: [
      {
        title: 't',
        timestamp: '2026-11-21T10:00:00Z',
        image: { url: 'attachment://a.png' },
        thumbnail: { url: 'https://example.com/a.png' },
        footer: { text: 'f', icon_url: 'attachment://a.png' },
        author: { name: 'a', icon_url: 'https://example.com/a.png' },
        fields: [{ name: 'n', value: 'v' }],
      },
    ],
    components: [
      { type: 1, components: [{ type: 2, style: 1, label: 'b', custom_id: 'b' }] },
      { type: 1, components: [{ type: 3, custom_id: 's', options: [{ label: 'a', value: 'a' }] }] },
    ],
  };
  const files = { 'a.png': PIXEL, 'b.txt': Buffer.from('text') };
  const reply = { message_reference: { message_id: handle.response()?.id } };
  const message = spec.MessageResponseSchema;
  expectShape(message, (await call(discord, 'PATCH', original, form(full, files))).json);
  expectShape(message, (await call(discord, 'POST', webhook, { content: 'x', flags: 64 })).json);
  const channel = `/channels/${places.studioGeneral.id}/messages`;
  expectShape(
    message,
    (await call(discord, 'POST', channel, form({ ...full, ...reply }, files))).json,
  );
  expectShape(message, (await call(discord, 'GET', original)).json);
});
