import { describe, expect, test } from 'vitest';
import { COMMANDS, call, openDiscord, registerCommands } from './support.ts';

const command = (change: object = {}) => ({ name: 'a', description: 'b', ...change });
const option = (change: object = {}) => ({ type: 3, name: 'o', description: 'd', ...change });
const text = (length: number) => 'x'.repeat(length);

test('commands are registered as a whole, keep their ids, and come back completed', async () => {
  const discord = await openDiscord();
  const first = await registerCommands(discord);
  expect(first).toHaveLength(3);
  expect(first[0]).toMatchObject({
    id: expect.stringMatching(/^\d{17,19}$/),
    application_id: discord.applicationId,
    type: 1,
    nsfw: false,
    default_member_permissions: null,
  });
  expect(first[2]).toMatchObject({ integration_types: [0], default_member_permissions: '32' });
  const second = await registerCommands(discord);
  expect(second.map(({ id }) => id)).toEqual(first.map(({ id }) => id));
  expect(discord.commands().map(({ name }) => name)).toEqual(COMMANDS.map(({ name }) => name));
  const path = `/applications/${discord.applicationId}/commands`;
  expect((await call(discord, 'GET', path)).json).toHaveLength(3);
  expect((await call(discord, 'PUT', path, [])).json).toEqual([]);
  expect(discord.commands()).toEqual([]);
});

test('single commands can be made, read, changed and deleted', async () => {
  const discord = await openDiscord();
  const path = `/applications/${discord.applicationId}/commands`;
  const made = await call(discord, 'POST', path, command());
  expect(made).toMatchObject({ status: 201, json: { name: 'a', description: 'b' } });
  const again = await call(discord, 'POST', path, command({ description: 'c' }));
  expect(again).toMatchObject({ status: 200, json: { id: made.json.id, description: 'c' } });
  const one = `${path}/${made.json.id}`;
  expect((await call(discord, 'PATCH', one, { name: 'z' })).json).toMatchObject({
    id: made.json.id,
    name: 'z',
    description: 'c',
  });
  expect((await call(discord, 'PATCH', one, { name: 'Z' })).json.code).toBe(50_035);
  expect((await call(discord, 'GET', one)).json.name).toBe('z');
  expect((await call(discord, 'DELETE', one)).status).toBe(204);
  expect((await call(discord, 'GET', one)).json.code).toBe(10_063);
  expect(
    (await call(discord, 'POST', path, command({ name: 'A' }))).json.errors.name,
  ).toBeDefined();
});

test('a guild has its own commands, where the application is installed', async () => {
  const discord = await openDiscord();
  const { places } = discord.world;
  const path = (guild: string) => `/applications/${discord.applicationId}/guilds/${guild}/commands`;
  const { json } = await call(discord, 'PUT', path(places.studio.id), [command()]);
  expect(json).toMatchObject([{ guild_id: places.studio.id, name: 'a' }]);
  expect(discord.commands(places.studio.id)).toHaveLength(1);
  expect(discord.commands(places.annex.id)).toEqual([]);
  expect((await call(discord, 'PUT', path(places.elsewhere.id), [])).json.code).toBe(50_001);
  expect((await call(discord, 'GET', '/applications/100000000000000001/commands')).json.code).toBe(
    10_002,
  );
});

describe('a command is refused', () => {
  test.each<[string, unknown, string]>([
    ['with capitals in its name', command({ name: 'Imagine' }), '0.name'],
    ['with a blank in its name', command({ name: 'a b' }), '0.name'],
    ['with a name of 33', command({ name: text(33) }), '0.name'],
    ['without a description', command({ description: undefined }), '0.description'],
    ['with a description of 101', command({ description: text(101) }), '0.description'],
    [
      'with 26 options',
      command({ options: Array.from({ length: 26 }, (_, i) => option({ name: `o${i}` })) }),
      '0.options',
    ],
    [
      'with an option without a description',
      command({ options: [option({ description: undefined })] }),
      '0.options.0.description',
    ],
    ['with the same option twice', command({ options: [option(), option()] }), '0.options.1.name'],
    [
      'with a required option after an optional one',
      command({ options: [option(), option({ name: 'p', required: true })] }),
      '0.options.1',
    ],
    [
      'with 26 choices',
      command({
        options: [
          option({ choices: Array.from({ length: 26 }, (_, i) => ({ name: `${i}`, value: 'x' })) }),
        ],
      }),
      '0.options.0.choices',
    ],
    [
      'with a choice of 101',
      command({ options: [option({ choices: [{ name: text(101), value: 'x' }] })] }),
      '0.options.0.choices.0.name',
    ],
    [
      'with choices and autocomplete',
      command({ options: [option({ autocomplete: true, choices: [{ name: 'x', value: 'x' }] })] }),
      '0.options.0.autocomplete',
    ],
    [
      'with bounds the wrong way round',
      command({ options: [option({ type: 4, min_value: 5, max_value: 4 })] }),
      '0.options.0',
    ],
    [
      'with an unknown type of option',
      command({ options: [option({ type: 99 })] }),
      '0.options.0.type',
    ],
    ...[['documents'], ['png'], ['.'], Array.from({ length: 11 }, (_, i) => `.a${i}`)].map(
      (types): [string, unknown, string] => [
        `with the file types ${types}`,
        command({ options: [option({ type: 11, file_types: types })] }),
        types.length > 10 ? '0.options.0.file_types' : '0.options.0.file_types.0',
      ],
    ),
    ['with a description on a context menu', command({ type: 3 }), '0'],
    [
      'with more than 8000 characters',
      command({
        options: Array.from({ length: 4 }, (_, i) =>
          option({
            name: `o${i}`,
            choices: Array.from({ length: 25 }, (_, j) => ({
              name: `${j}${text(90)}`,
              value: `${j}`,
            })),
          }),
        ),
      }),
      '0',
    ],
  ])('%s', async (_what, body, path) => {
    const discord = await openDiscord();
    const answer = await call(discord, 'PUT', `/applications/${discord.applicationId}/commands`, [
      body,
    ]);
    expect(answer).toMatchObject({ status: 400, json: { code: 50_035 } });
    const place = path.split('.').reduce((errors, key) => errors?.[key], answer.json.errors);
    expect(place?._errors?.[0]).toMatchObject({ code: expect.any(String) });
    expect(discord.commands()).toEqual([]);
  });

  test('twice, or beyond the hundredth', async () => {
    const discord = await openDiscord();
    const path = `/applications/${discord.applicationId}/commands`;
    const put = async (bodies: unknown) => (await call(discord, 'PUT', path, bodies)).status;
    expect(await put([command(), command()])).toBe(400);
    expect(await put([command(), { type: 3, name: 'a' }])).toBe(200);
    expect(await put(Array.from({ length: 101 }, (_, i) => command({ name: `c${i}` })))).toBe(400);
    expect(await put({})).toBe(400);
  });
});

test('names in other scripts and nested subcommands are taken', async () => {
  const discord = await openDiscord();
  const bodies = [
    command({ name: 'bild-erzeugen', name_localizations: { ja: '画像' } }),
    command({
      name: 'group',
      options: [
        option({ type: 1, name: 'one', options: [option({ required: true })] }),
        { type: 2, name: 'more', description: 'd', options: [option({ type: 1, name: 'two' })] },
      ],
    }),
  ];
  await call(discord, 'PUT', `/applications/${discord.applicationId}/commands`, bodies);
  expect(discord.commands()).toHaveLength(2);
  const { people, places } = discord.world;
  const base = {
    kind: 'slash' as const,
    userId: people.member.id,
    channelId: places.studioGeneral.id,
  };
  await expect(discord.interact({ ...base, command: 'group' })).rejects.toThrow(
    /which subcommand: one, more/,
  );
  await expect(discord.interact({ ...base, command: 'group one' })).rejects.toThrow(
    /"o" is required/,
  );
  await expect(discord.interact({ ...base, command: 'group more two' })).resolves.toBeDefined();
});
