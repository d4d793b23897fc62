/**
 * What a bot usually does: defer, ask the model for the whole answer, decode it, and hand the
 * buffer to discord.js. It speaks to the same local servers by the same environment.
 */
import { Client, Events, SlashCommandBuilder } from 'discord.js';

interface Answer {
  candidates: { content: { parts: { inlineData?: { data: string } }[] } }[];
}

const { DISCORD_TOKEN, DISCORD_API_URL, ANYFAST_API_KEY, ANYFAST_BASE_URL } = process.env;
const client = new Client({ intents: [], rest: { api: DISCORD_API_URL ?? '' } });

client.on(Events.InteractionCreate, async (interaction) => {
  if (!interaction.isChatInputCommand()) return;
  await interaction.deferReply();
  const prompt = interaction.options.getString('prompt', true);
  const response = await fetch(
    `${ANYFAST_BASE_URL}/v1beta/models/gemini-3.1-flash-image-preview:generateContent?key=${ANYFAST_API_KEY}`,
    {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        contents: [{ role: 'user', parts: [{ text: prompt }] }],
        generationConfig: {
          responseModalities: ['TEXT', 'IMAGE'],
          imageConfig: { aspectRatio: '1:1', imageSize: '1K' },
        },
      }),
    },
  );
  const { candidates } = (await response.json()) as Answer;
  const parts = candidates.flatMap(({ content }) => content.parts);
  const data = parts.findLast((part) => part.inlineData)?.inlineData?.data ?? '';
  const attachment = Buffer.from(data, 'base64');
  await interaction.editReply({ files: [{ attachment, name: 'picture.png' }] });
});

client.once(Events.ClientReady, async (ready) => {
  const command = new SlashCommandBuilder()
    .setName('imagine')
    .setDescription('Makes a picture')
    .addStringOption((option) =>
      option.setName('prompt').setDescription('What it shows').setRequired(true),
    );
  await ready.application.commands.set([command]);
});

await client.login(DISCORD_TOKEN);
