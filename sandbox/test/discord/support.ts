/** A local Discord and bare calls to it, closed when the test that opened it has ended. */
import type { APIApplicationCommand } from 'discord-api-types/v10';
import { onTestFinished } from 'vitest';
import {
  type LocalDiscord,
  type LocalDiscordOptions,
  startLocalDiscord,
} from '../../discord/local-discord.ts';

export async function openDiscord(options: LocalDiscordOptions = {}): Promise<LocalDiscord> {
  const discord = await startLocalDiscord(options);
  onTestFinished(() => discord.close());
  // A machine that stands still for three seconds must not fail a test of something else.
  discord.controls.set({ acknowledgeWithinMs: 60_000 });
  return discord;
}

export const COMMANDS = [
  {
    name: 'imagine',
    description: 'Makes a picture.',
    integration_types: [0, 1],
    contexts: [0, 1, 2],
    options: [
      { type: 3, name: 'prompt', description: 'What to see', required: true, autocomplete: true },
      {
        type: 3,
        name: 'size',
        description: 'How large',
        choices: [
          { name: 'One', value: '1K' },
          { name: 'Two', value: '2K' },
        ],
      },
      { type: 4, name: 'count', description: 'How many', min_value: 1, max_value: 4 },
      { type: 11, name: 'reference', description: 'A picture' },
    ],
  },
  { type: 3, name: 'Edit picture', integration_types: [0, 1], contexts: [0, 1, 2] },
  { name: 'settings', description: 'For managers.', default_member_permissions: '32' },
];

export async function registerCommands(discord: LocalDiscord): Promise<APIApplicationCommand[]> {
  const path = `/applications/${discord.applicationId}/commands`;
  return (await call(discord, 'PUT', path, COMMANDS)).json;
}

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: answers are read freely by the tests
  json: any;
}

/** Calls the API with bare fetch. A `FormData` goes as multipart, anything else as JSON. */
export async function call(
  discord: LocalDiscord,
  method: string,
  path: string,
  body?: unknown,
  options: { token?: string | null } = {},
): Promise<Answer> {
  const token = options.token === undefined ? discord.botToken : options.token;
  const response = await fetch(`${discord.apiUrl}/v10${path}`, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bot ${token}` }),
      ...(body === undefined || body instanceof FormData
        ? {}
        : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: body instanceof FormData ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return {
    status: response.status,
    headers: response.headers,
    json: isJson ? JSON.parse(text) : text,
  };
}

/** A multipart body as bots send it. */
export function form(payload: unknown, files: Record<string, Uint8Array> = {}): FormData {
  const data = new FormData();
  data.append('payload_json', JSON.stringify(payload));
  Object.entries(files).forEach(([name, bytes], index) => {
    data.append(`files[${index}]`, new Blob([new Uint8Array(bytes)]), name);
  });
  return data;
}

/** An interaction that waits to be acknowledged, made by the default world's member. */
export async function imagine(discord: LocalDiscord, prompt = 'a red fox') {
  if (discord.commands().length === 0) await registerCommands(discord);
  const { people, places } = discord.world;
  const handle = await discord.interact({
    kind: 'slash',
    userId: people.member.id,
    channelId: places.studioGeneral.id,
    command: 'imagine',
    options: { prompt },
  });
  return { handle, ...routesOf(discord, handle) };
}

/** Paths of an interaction's calls. */
export function routesOf(discord: LocalDiscord, { id, token }: { id: string; token: string }) {
  const webhook = `/webhooks/${discord.applicationId}/${token}`;
  return {
    callback: `/interactions/${id}/${token}/callback`,
    webhook,
    original: `${webhook}/messages/@original`,
  };
}

/** An interaction that was answered with "thinking…". */
export async function deferred(discord: LocalDiscord, flags = 0) {
  const made = await imagine(discord);
  await call(discord, 'POST', made.callback, { type: 5, data: { flags } }, { token: null });
  return made;
}

/** A real PNG of one pixel. */
export const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

// biome-ignore lint/suspicious/noExplicitAny: Discord's nested errors are read by path
export const errorsAt = (errors: any, path: string): { code: string; message: string }[] =>
  // biome-ignore lint/suspicious/noExplicitAny: as above
  path.split('.').reduce((place: any, key) => place?.[key], errors)?._errors ?? [];
