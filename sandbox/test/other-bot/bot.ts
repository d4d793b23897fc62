import { Client, Events } from 'discord.js';

/** A bot of one command. It knows nothing of Darkroom, and takes its settings under other names. */
const { BOT_TOKEN = '', API_ADDRESS = '' } = process.env;

const client = new Client({ intents: [], rest: { api: API_ADDRESS } });
client.once(Events.ClientReady, async ({ application }) => {
  await application.commands.set([{ name: 'hello', description: 'Says hello' }]);
});
client.on(Events.InteractionCreate, async (interaction) => {
  if (interaction.isChatInputCommand()) await interaction.reply(`Hello, I am ${client.user?.tag}.`);
});
await client.login(BOT_TOKEN);
