/** Bots for the local Discord: unmodified discord.js, gone when the test has ended. */
import { Client, type ClientOptions, Events, type Interaction } from 'discord.js';
import { onTestFinished } from 'vitest';
import type { LocalDiscord } from '../../discord/local-discord.ts';
import { registerCommands } from './support.ts';

/** An unmodified discord.js client that is logged in and has registered `COMMANDS`. */
export async function connectBot(
  discord: LocalDiscord,
  handler: (interaction: Interaction) => Promise<unknown>,
  options: Partial<ClientOptions> = {},
): Promise<Client> {
  const client = new Client({ intents: [], rest: { api: discord.apiUrl }, ...options });
  onTestFinished(() => client.destroy());
  const failures: unknown[] = [];
  onTestFinished(() => {
    // What a handler throws belongs to the test; nobody else would see it.
    if (failures.length > 0) throw failures[0];
  });
  client.on(Events.InteractionCreate, (interaction) => {
    handler(interaction).catch((error: unknown) => failures.push(error));
  });
  client.on(Events.Error, () => {});
  await client.login(discord.botToken);
  await registerCommands(discord);
  await discord.whenReady();
  return client;
}
