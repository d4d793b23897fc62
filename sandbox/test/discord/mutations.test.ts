import fc from 'fast-check';
import { expect, test } from 'vitest';
import { COMMANDS, call, deferred, imagine, openDiscord } from './support.ts';

/** Whole bodies that Discord takes, to be damaged at one place each. */
const MESSAGE = {
  content: 'x',
  tts: false,
  flags: 0,
  nonce: 'n',
  enforce_nonce: true,
  allowed_mentions: { parse: ['roles'], users: ['100000000000000001'], replied_user: false },
  embeds: [
    {
      title: 't',
      description: 'd',
      color: 1,
      timestamp: '2026-11-21T10:00:00.000Z',
      footer: { text: 'f', icon_url: 'https://example.com/a.png' },
      author: { name: 'a', url: 'https://example.com' },
      image: { url: 'https://example.com/a.png' },
      fields: [{ name: 'n', value: 'v', inline: true }],
    },
  ],
  components: [
    {
      type: 1,
      components: [{ type: 2, style: 1, label: 'b', custom_id: 'b', emoji: { name: '🦊' } }],
    },
    {
      type: 1,
      components: [
        { type: 3, custom_id: 's', options: [{ label: 'a', value: 'a', default: true }] },
      ],
    },
  ],
};
const MODAL = {
  custom_id: 'm',
  title: 't',
  components: [
    { type: 1, components: [{ type: 4, custom_id: 'i', style: 1, label: 'l', max_length: 5 }] },
    {
      type: 18,
      label: 'l',
      component: { type: 3, custom_id: 's', options: [{ label: 'a', value: 'a' }] },
    },
    { type: 18, label: 'l', component: { type: 19, custom_id: 'f', max_values: 3 } },
    { type: 10, content: 'text' },
  ],
};

type Path = (string | number)[];

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...entries.flatMap(([key, inner]) => pathsOf(inner, [...path, key]))];
}

function replaceAt(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[key] = replaceAt(copy[key], rest, by);
  return copy;
}

/** One place of the body replaced by anything at all, taken out, or doubled in a list. */
const damaged = (body: unknown) =>
  fc
    .tuple(
      fc.constantFrom(...pathsOf(body)),
      fc.oneof(
        fc.constantFrom<unknown>(
          undefined,
          null,
          '',
          0,
          -1,
          1e9,
          true,
          [],
          {},
          [null],
          [[]],
          'x'.repeat(5000),
        ),
        fc.jsonValue({ maxDepth: 2 }),
      ),
    )
    .map(([path, by]) => replaceAt(body, path, by));

test('no damaged body makes the local Discord fail; it is taken, or refused with a reason', async () => {
  const discord = await openDiscord();
  discord.controls.set({ rateLimits: false });
  const { original, webhook } = await deferred(discord);
  const made = await imagine(discord);
  const channel = `/channels/${discord.world.places.studioGeneral.id}/messages`;
  const commands = `/applications/${discord.applicationId}/commands`;
  const calls = fc.oneof(
    damaged(MESSAGE).map((body) => ['PATCH', original, body] as const),
    damaged(MESSAGE).map((body) => ['POST', webhook, body] as const),
    damaged(MESSAGE).map((body) => ['POST', channel, body] as const),
    damaged(COMMANDS).map((body) => ['PUT', commands, body] as const),
    damaged({ type: 4, data: MESSAGE }).map((body) => ['POST', '', body] as const),
    damaged({ type: 9, data: MODAL }).map((body) => ['POST', '', body] as const),
  );
  await fc.assert(
    fc.asyncProperty(calls, async ([method, path, body]) => {
      // A first answer can be taken once only, so each gets an interaction of its own.
      const fresh = async () => {
        await call(discord, 'PUT', commands, COMMANDS);
        return (await imagine(discord)).callback;
      };
      const { status, json } = await call(discord, method, path || (await fresh()), body);
      expect([200, 204, 400]).toContain(status);
      if (status === 400) expect([50_035, 50_006, 50_109]).toContain(json.code);
    }),
    { numRuns: 400 },
  );
  expect(made.handle.response()).toBeNull();
}, 60_000);
