import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handlers } from '../../commands/index.ts';
import { NOON } from '../store/samples.ts';
import { answerOf, readable, startBot, type TestBot } from './bot.ts';

let bot: TestBot;

beforeAll(async () => {
  bot = await startBot(NOON);
  bot.operator.directMessages = false;
});
afterAll(() => bot.close());

/** Presses a button that the bot would have in a direct message. */
async function press(customId: string) {
  const { people, places } = bot.discord.world;
  const userId = people.member.id;
  const forged = await bot.forge(places.memberDm.id, [customId]);
  return await bot.discord.interact({ kind: 'button', messageId: forged.id, customId, userId });
}

const START = ['again:x', 'edit:x', 'change:public:own:x', 'enlarge:x:2K', 'pick:x'];
const OTHERS = ['settings-form:models', 'settings-save:models', 'history-again:x'];

describe('where the bot is not served', () => {
  it.each([...START, ...OTHERS])('the button %s does nothing and opens nothing', async (id) => {
    const clicked = await press(id);
    expect(readable(await answerOf(clicked))).toContain('works only on servers');
    expect(clicked.modal()).toBeNull();
    expect((await clicked.acknowledged).ephemeral).toBe(true);
  });

  it.each(['cancel:x', 'delete:x', 'thinking:x', 'history-fetch:x'])(
    'the button %s goes on to what it is about',
    async (id) => {
      const clicked = await press(id);
      const shown = () => [clicked.response(), ...clicked.followups()];
      const answer = await clicked.when(() => shown().find((one) => one?.embeds[0]?.title));
      expect(readable(answer)).toContain('Nothing is kept of this picture');
    },
  );

  it('no earlier prompt is suggested', async () => {
    const { people, places } = bot.discord.world;
    const typing = await bot.discord.interact({
      kind: 'autocomplete',
      focused: 'prompt',
      command: 'imagine',
      options: { prompt: 'a t' },
      userId: people.member.id,
      channelId: places.memberDm.id,
    });
    expect(await typing.when(() => typing.choices())).toEqual([]);
  });

  it('only what shows, stops or deletes one’s own is there', () => {
    const { slash, message, components } = handlers;
    const names = [
      ...[...slash, ...message].map(({ anywhere, data }) => anywhere && data.name),
      ...components.map(({ anywhere, name }) => anywhere && name),
    ];
    expect(names.filter(Boolean).sort()).toEqual([
      'Picture details',
      'cancel',
      'delete',
      'delete-yes',
      'forget',
      'forget',
      'history',
      'history',
      'history-fetch',
      'thinking',
      'usage',
    ]);
  });
});
