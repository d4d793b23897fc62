/** The least that a bot of discord.js does: it logs in, and says when it is ready. */
import { Client, Events } from 'discord.js';

const { DISCORD_TOKEN, DISCORD_API_URL } = process.env;
const client = new Client({ intents: [], rest: { api: DISCORD_API_URL ?? '' } });
client.once(Events.ClientReady, () => process.stdout.write('{"msg":"ready"}\n'));
await client.login(DISCORD_TOKEN);
