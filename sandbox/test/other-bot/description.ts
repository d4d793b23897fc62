import { fileURLToPath } from 'node:url';
import type { BotDescription } from '../../bot.ts';

export default {
  name: 'Greeter',
  about: 'Says hello.',
  command: [process.execPath, fileURLToPath(new URL('bot.ts', import.meta.url))],
  variables: ({ discordToken, discordApiUrl }) => ({
    BOT_TOKEN: discordToken,
    API_ADDRESS: discordApiUrl,
  }),
} satisfies BotDescription;
