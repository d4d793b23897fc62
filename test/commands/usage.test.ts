import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NO_LIMITS, NOON, reply, USAGE } from '../store/samples.ts';
import { answerOf, DEFAULTS, readable, startBot, type TestBot } from './bot.ts';

let bot: TestBot;
let count = 0;

beforeAll(async () => {
  bot = await startBot(NOON);
});
afterAll(() => bot.close());
beforeEach(() => {
  bot.context.operator = {
    defaults: DEFAULTS,
    bot: { picturesPerDay: null, costMicrosPerDay: null },
    prices: { flash: null, pro: null },
  };
});

/** One delivered picture in the store. */
async function picture(userId: string, guildId: string | null, costMicros: number | null = null) {
  const id = `usage${count++}`;
  const made = reply(id, { target: { userId, guildId } });
  await bot.store.replies.admit(made, NO_LIMITS);
  for (const { id: generation } of made.generations) {
    await bot.store.generations.start(generation);
    await bot.store.generations.countAttempt(generation);
    const image = { path: '/none', bytes: 1, mime: 'image/png', width: 1, height: 1 };
    await bot.store.generations.recordImage(generation, { image, usage: USAGE, costMicros });
    await bot.store.generations.conclude(generation, { state: 'delivered' });
  }
  await bot.store.replies.settle(id);
}

async function usage(
  person: 'member' | 'owner' | 'moderator',
  place: 'studioGeneral' | 'memberDm' = 'studioGeneral',
) {
  const { people, places } = bot.discord.world;
  const handle = await bot.discord.interact({
    kind: 'slash',
    command: 'usage',
    userId: people[person].id,
    channelId: places[place].id,
  });
  return { handle, message: await answerOf(handle) };
}

describe('/usage', () => {
  it('tells a person privately what they used and what is left', async () => {
    const { people, places } = bot.discord.world;
    await picture(people.member.id, places.studio.id);
    await picture(people.member.id, places.studio.id);
    const { handle, message } = await usage('member');
    expect((await handle.acknowledged).ephemeral).toBe(true);
    const text = readable(message);
    expect(text).toContain('Today: **2** pictures\n2,660 tokens');
    expect(text).toContain('Your pictures today: **48** of 50 left');
    expect(text).toContain('Yours in the making at once: **4** of 4 left');
    expect(text).toContain(`Daily amounts are new <t:${Date.UTC(2026, 10, 6) / 1_000}:R>`);
    expect(text).not.toContain('$');
  });

  it('shows nobody else’s numbers, nor the server’s, to those who may not manage it', async () => {
    for (const person of ['member', 'moderator'] as const) {
      const { message } = await usage(person);
      expect(message.embeds).toHaveLength(1);
      expect(bot.discord.filesOf(message.id)).toEqual([]);
    }
  });

  it('shows the server’s part, with a chart, to those who manage it', async () => {
    const { people, places } = bot.discord.world;
    bot.context.operator.prices = { flash: { input: 0.5, text: 3, image: 60 }, pro: null };
    await picture(people.otherMember.id, places.studio.id, 67_500);
    const { message } = await usage('owner');
    const text = readable(message);
    expect(text).toContain(`1. <@${people.member.id}> · **2** pictures`);
    expect(text).toContain(`2. <@${people.otherMember.id}> · **1** picture · $0.068`);
    expect(message.embeds[1]?.image?.url).toContain('usage.png');
    const [file] = bot.discord.filesOf(message.id);
    expect(file?.description).toContain('2026-10-07 to 2026-11-05');
    expect(file?.description).toContain('Pictures: 3 in all (Flash 3.1: 3, Pro 3: 0)');
    const { bytes } = await bot.discord.file(file?.id ?? '');
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'png', width: 1_200 });
  });

  it('names every limit that applies, those of everybody too', async () => {
    bot.context.operator = {
      ...bot.context.operator,
      defaults: {
        ...DEFAULTS,
        userCooldownMs: 90_000,
        guildPicturesPerDay: 3,
        guildCostMicrosPerDay: 1_000_000,
      },
      bot: { picturesPerDay: 1_000, costMicrosPerDay: 50_000_000 },
    };
    const text = readable((await usage('member')).message);
    expect(text).toContain(
      `Between two requests: 90 s; you may ask again <t:${NOON / 1_000 + 90}:R>`,
    );
    expect(text).toContain('This server’s pictures today: **0** of 3 left');
    expect(text).toMatch(/This server’s cost today: \*\*\$0\.9\d\*\* of \$1\.00 left/);
    expect(text).toContain('Everybody’s pictures today: **997** of 1,000 left');
    expect(text).toContain('Everybody’s cost today:');
  });

  it('says that an exempt role is not held back', async () => {
    const role = bot.discord.world.places.studio.roles[1]?.id ?? '';
    bot.context.operator = {
      ...bot.context.operator,
      defaults: { ...DEFAULTS, exemptRoles: [role] },
    };
    const text = readable((await usage('moderator')).message);
    expect(text).toContain('exempt from this server’s limits');
    expect(text).not.toContain('Your pictures today');
  });

  it('knows no server in a direct message, for those who manage one elsewhere too', async () => {
    const text = readable((await usage('member', 'memberDm')).message);
    expect(text).toContain('Your pictures today: **48** of 50 left');
    expect(text).not.toContain('server');
  });
});
