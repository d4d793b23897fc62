import type { InteractionHandle, Message } from '@darkroom/sandbox/discord';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { GuildSettings } from '../../src/domain.ts';
import { SETTING_NAMES } from '../../src/pages/settings-page.ts';
import { NOON } from '../store/samples.ts';
import { answerOf, buttonsOf, DEFAULTS, readable, startBot, type TestBot } from './bot.ts';

let bot: TestBot;

beforeAll(async () => {
  bot = await startBot(NOON);
});
afterAll(() => bot.close());
beforeEach(async () => {
  bot.context.operator.prices = { flash: null, pro: null };
  operatorSets({});
  const all = Object.fromEntries(SETTING_NAMES.map((name) => [name, 'default']));
  await bot.store.settings.change(guildId(), all, owner());
  // Changes of one moment have no order.
  bot.clock.now += 1_000;
});

const guildId = () => bot.discord.world.places.studio.id;
const owner = () => bot.discord.world.people.owner.id;
const own = () => bot.store.settings.get(guildId());

async function settings(): Promise<Message> {
  const channelId = bot.discord.world.places.studioGeneral.id;
  const handle = await bot.discord.interact({
    kind: 'slash',
    command: 'settings',
    userId: owner(),
    channelId,
  });
  expect((await handle.acknowledged).ephemeral).toBe(true);
  return await answerOf(handle);
}

/** Presses a button that opens a form. */
async function openForm(message: Message, customId: string): Promise<InteractionHandle> {
  const userId = owner();
  const opened = await bot.discord.interact({
    kind: 'button',
    messageId: message.id,
    customId,
    userId,
  });
  await opened.when(() => opened.modal());
  return opened;
}

type Fields = Record<string, string | string[]>;

async function submit(opened: InteractionHandle, fields: Fields): Promise<InteractionHandle> {
  const userId = owner();
  return bot.discord.interact({ kind: 'modal', interactionId: opened.id, fields, userId });
}

/** Fills in one form from a fresh page, and returns the page as it is then. */
async function change(name: string, fields: Fields): Promise<string> {
  const page = await settings();
  const saved = await submit(await openForm(page, `settings-form:${name}`), fields);
  return readable(await saved.when(() => newer(page)));
}

/** Fills in one form that is not taken, and returns what the person is told. */
async function refused(name: string, fields: Fields): Promise<Message> {
  const opened = await openForm(await settings(), `settings-form:${name}`);
  const saved = await submit(opened, fields);
  return await saved.when(() => saved.followups()[0]);
}

const newer = (page: Message) => {
  const now = bot.discord.message(page.id);
  return now !== null && now.edited_timestamp !== page.edited_timestamp ? now : null;
};

/** What the operator set, for one test. */
function operatorSets(defaults: Partial<GuildSettings>): void {
  bot.context.operator.defaults = { ...DEFAULTS, ...defaults };
}

/** The choices of the first select of a form. */
function choicesOf(opened: InteractionHandle): Record<string, string> {
  const body = opened.modal() as { components: { component: { options?: Option[] } }[] } | null;
  const options = body?.components[0]?.component.options ?? [];
  return Object.fromEntries(options.map(({ value, label }) => [value, label]));
}
type Option = { value: string; label: string; default?: boolean };

const wide = {
  guildCostMicrosPerDay: 9_000_000,
  models: ['flash', 'pro'],
  largestSize: '4K',
  privateAllowed: true,
  blockedWords: ['fox'],
} satisfies Partial<GuildSettings>;
const strict = {
  guildCostMicrosPerDay: 5_000_000,
  models: ['flash'],
  largestSize: '2K',
  privateAllowed: false,
  blockedWords: ['swamp', 'bog'],
} satisfies Partial<GuildSettings>;

describe('/settings under the ceilings of the operator', () => {
  beforeEach(() => {
    bot.context.operator.prices = { flash: { input: 1, text: 1, image: 1 }, pro: null };
    operatorSets(strict);
  });

  it('says which settings are defaults, and which can only be made stricter', async () => {
    const text = readable(await settings());
    expect(text).toContain('At once, each person: **4**\n*default*');
    expect(text).toContain('Largest size: **2K**\n*limit of the bot’s operator*');
    expect(text).toContain('can only be made stricter');
  });

  it('keeps a wider value that is stored, and shows it as clipped', async () => {
    await bot.store.settings.change(guildId(), wide, owner());
    const text = readable(await settings());
    expect(text).toContain('Largest size: **2K**\n*Set to 4K; the bot’s operator allows up to 2K*');
    expect(text).toContain('**$5.00**\n*Set to $9.00; the bot’s operator allows up to $5.00*');
    expect(text).toContain(
      'Models: **Flash 3.1**\n*Set to Flash 3.1, Pro 3; the bot’s operator allows only Flash 3.1*',
    );
    expect(text).toContain(
      '**not allowed**\n*Set to allowed; the bot’s operator does not allow it*',
    );
    expect(text).toContain(
      '||swamp, bog, fox||\n*set here, besides 2 entries of the bot’s operator*',
    );
    expect(await own()).toEqual(wide);
  });

  it('offers no wider value', async () => {
    const page = await settings();
    const offered = async (name: string) =>
      Object.keys(choicesOf(await openForm(page, `settings-form:${name}`)));
    expect(await offered('largestSize')).toEqual(['1K', '2K', 'default']);
    expect(await offered('models')).toEqual(['flash', 'default']);
    expect(await offered('privateAllowed')).toEqual(['false', 'default']);
    expect(await offered('guildCostMicrosPerDay')).toEqual(['own', 'default']);
    expect(await offered('guildPicturesPerDay')).toEqual(['own', 'none', 'default']);
  });

  it.each([
    ['guildCostMicrosPerDay', { mode: 'own', text: '6' }, 'allows up to $5.00'],
    ['guildCostMicrosPerDay', { mode: 'none' }, 'allows up to $5.00'],
    ['models', { mode: ['flash,pro'] }, 'allows only Flash 3.1'],
    ['largestSize', { mode: ['4K'] }, 'allows up to 2K'],
    ['privateAllowed', { mode: ['true'] }, 'does not allow it'],
  ] as const)('refuses a wider %s from a form that was open before', async (name, fields, said) => {
    operatorSets({});
    bot.context.operator.prices = {
      flash: { input: 1, text: 1, image: 1 },
      pro: { input: 1, text: 1, image: 1 },
    };
    const opened = await openForm(await settings(), `settings-form:${name}`);
    operatorSets(strict);
    const saved = await submit(opened, fields as unknown as Fields);
    const answer = readable(await saved.when(() => saved.followups()[0]));
    expect(answer).toContain(said);
    expect(answer).toContain('can only make this stricter');
    expect(await own()).toEqual({});
  });

  it('opens the form of words with the server’s own, and adds them to the operator’s', async () => {
    await change('blockedWords', { mode: 'own', text: 'fox' });
    const opened = await openForm(await settings(), 'settings-form:blockedWords');
    expect(JSON.stringify(opened.modal())).not.toContain('swamp');
    expect(choicesOf(opened)).toMatchObject({
      own: 'What is written below, besides the operator’s 2 entries',
    });
    expect(await own()).toEqual({ blockedWords: ['fox'] });
  });

  it('says which stored model has no price, and changes everything else all the same', async () => {
    operatorSets({});
    await bot.store.settings.change(guildId(), { guildCostMicrosPerDay: 5_000_000 }, owner());
    expect(readable(await settings())).toContain(
      'Models: **Flash 3.1**\n*limit of the bot’s operator*\n*no price is set for Pro 3',
    );
    await change('userOpen', { mode: 'own', text: '2' });
    expect(await own()).toMatchObject({ userOpen: 2 });
    const answer = await openForm(await settings(), 'settings-form:models');
    expect(Object.keys(choicesOf(answer))).toEqual(['flash', 'default']);
  });
});

describe('/settings', () => {
  it('shows every setting, what applies, and that it is the default', async () => {
    const text = readable(await settings());
    expect(text).toContain('At once, each person: **4**\n*default*');
    expect(text).toContain('A day, whole server: **no limit**\n*default*');
    expect(text).toContain('Models: **Flash 3.1, Pro 3**\n*limit of the bot’s operator*');
    expect(text).toContain('Private pictures: **allowed**');
    expect(text).toContain('Blocked words: **none**');
  });

  it('is offered to those who manage the server, and on servers only', () => {
    const { people, places } = bot.discord.world;
    const offers = (userId: string, channelId: string) =>
      bot.discord.offered(userId, channelId).map(({ name }) => name);
    expect(offers(people.owner.id, places.studioGeneral.id)).toContain('settings');
    expect(offers(people.member.id, places.studioGeneral.id)).not.toContain('settings');
    expect(offers(people.member.id, places.memberDm.id)).not.toContain('settings');
  });

  it('opens no form for those who may not, whatever message its button is on', async () => {
    const { people, places } = bot.discord.world;
    const forged = await bot.forge(places.studioGeneral.id, ['settings-form:models']);
    const clicked = await bot.discord.interact({
      kind: 'button',
      messageId: forged.id,
      customId: 'settings-form:models',
      userId: people.moderator.id,
    });
    const answer = await answerOf(clicked);
    expect(clicked.modal()).toBeNull();
    expect(readable(answer)).toContain('*Manage Server*');
    expect(Number(answer.flags) & 64).toBe(64);
  });

  it('says in a direct message that it needs a server', async () => {
    const { people, places } = bot.discord.world;
    const forged = await bot.forge(places.memberDm.id, ['settings-form:models']);
    const clicked = await bot.discord.interact({
      kind: 'button',
      messageId: forged.id,
      customId: 'settings-form:models',
      userId: people.member.id,
    });
    expect(readable(await answerOf(clicked))).toContain('Settings belong to a server');
  });

  it('takes a number, no limit, and the default back', async () => {
    expect(await change('userPicturesPerDay', { mode: 'own', text: '7' })).toContain(
      'A day, each person: **7**\n*set here*',
    );
    expect(await own()).toEqual({ userPicturesPerDay: 7 });
    expect(await change('userPicturesPerDay', { mode: 'none', text: '7' })).toContain(
      'A day, each person: **no limit**\n*set here*',
    );
    expect(await own()).toEqual({ userPicturesPerDay: null });
    expect(await change('userPicturesPerDay', { mode: 'default' })).toContain(
      'A day, each person: **50**\n*default*',
    );
    expect(await own()).toEqual({});
  });

  it('takes seconds and dollars as people write them', async () => {
    bot.context.operator.prices = {
      flash: { input: 1, text: 1, image: 1 },
      pro: { input: 1, text: 1, image: 1 },
    };
    await change('userCooldownMs', { mode: 'own', text: '30' });
    await change('guildCostMicrosPerDay', { mode: 'own', text: '$ 12.50' });
    expect(await own()).toEqual({ userCooldownMs: 30_000, guildCostMicrosPerDay: 12_500_000 });
  });

  it.each([
    ['userOpen', ''],
    ['userOpen', '0'],
    ['userOpen', '101'],
    ['userOpen', '-1'],
    ['userOpen', '2.5'],
    ['userOpen', '1e2'],
    ['userOpen', 'many'],
    ['guildPicturesPerDay', '1,000'],
    ['guildCostMicrosPerDay', '0.001'],
  ])('takes no %s of “%s”, and changes nothing', async (name, text) => {
    const answer = await refused(name, { mode: 'own', text });
    expect(readable(answer)).toContain('Nothing was changed');
    expect(Number(answer.flags) & 64).toBe(64);
    expect(await own()).toEqual({});
  });

  it('takes models, the largest size and privacy from selects', async () => {
    await change('models', { mode: ['flash'] });
    await change('largestSize', { mode: ['2K'] });
    const text = await change('privateAllowed', { mode: ['false'] });
    expect(await own()).toEqual({ models: ['flash'], largestSize: '2K', privateAllowed: false });
    expect(text).toContain('Private pictures: **not allowed**\n*set here*');
  });

  it('takes roles from a role select', async () => {
    const role = bot.discord.world.places.studio.roles[1]?.id ?? '';
    const text = await change('exemptRoles', { mode: 'own', roles: [role] });
    expect(await own()).toEqual({ exemptRoles: [role] });
    expect(text).toContain(`<@&${role}>`);
    await change('exemptRoles', { mode: 'own', roles: [] });
    expect(await own()).toEqual({ exemptRoles: [] });
  });

  it('takes blocked words one a line, each once, and hides them until clicked', async () => {
    const text = await change('blockedWords', {
      mode: 'own',
      text: ' swamp \n\nred *herring*\n/gr[ae]y/\nswamp',
    });
    expect(await own()).toEqual({ blockedWords: ['swamp', 'red *herring*', '/gr[ae]y/'] });
    expect(text).toContain('||swamp, red \\*herring\\*, /gr\\[ae]y/||');
  });

  it('loses nothing of a list with a bad expression: the form opens again with it', async () => {
    const written = 'good\n/(unclosed/\n```fence``` *star*';
    const answer = await refused('blockedWords', { mode: 'own', text: written });
    expect(readable(answer)).toContain('Line 2, /(unclosed/');
    expect(await own()).toEqual({});

    const again = await openForm(answer, buttonsOf(answer)['Correct it'] ?? '');
    expect(JSON.stringify(again.modal())).toContain(JSON.stringify(written).slice(1, -1));
    const corrected = written.replace('/(unclosed/', '/(closed)/');
    const saved = await submit(again, { mode: 'own', text: corrected });
    await saved.when(() => newer(answer));
    expect(await own()).toEqual({
      blockedWords: ['good', '/(closed)/', '```fence``` *star*'],
    });
  });

  /** Each could be saved alone before the whole of a list had a limit. */
  const slow = (count: number) =>
    Array.from({ length: count }, (_, index) => `/(?:[a-z ]{1,12}){1,12}${index}/`);

  it('takes no list that takes too long to check, and says which lines cost most', async () => {
    const written = ['good', '/b[ae]d/', ...slow(20)].join('\n');
    const answer = await refused('blockedWords', { mode: 'own', text: written });
    expect(readable(answer)).toMatch(/together they cost 5,\d{3}, and the limit is 4,000/);
    expect(readable(answer)).toMatch(/Line \d+, .*: cost 2\d\d/);
    expect(await own()).toEqual({});
    const one = await refused('blockedWords', { mode: 'own', text: '/(?:[a-z ]{1,30}){1,30}/' });
    expect(readable(one)).toMatch(/Line 1, .*takes too long to check \(cost 1,\d{3}, limit 300\)/);
  });

  it('says of such a list that was saved earlier what is wrong with it, and keeps it', async () => {
    const blockedWords = ['good', ...slow(100)];
    await bot.store.settings.change(guildId(), { blockedWords }, owner());
    const text = readable(await settings());
    expect(text).toMatch(/This list takes too long to check \(cost 2\d,\d{3}, limit 4,000\)/);
    expect(await own()).toEqual({ blockedWords });
    const short = await change('blockedWords', { mode: 'own', text: 'good\n/b[ae]d/' });
    expect(short).not.toContain('takes too long');
  });

  it('keeps of a blocked word what is seen of it', async () => {
    await change('blockedWords', { mode: 'own', text: 'g\u200Bun\n\u2800\n/\u200B/\ngun' });
    expect(await own()).toEqual({ blockedWords: ['gun', '//'] });
  });

  it('takes no cost limit that has no prices to count with', async () => {
    bot.context.operator.prices = { flash: { input: 1, text: 1, image: 1 }, pro: null };
    const answer = await refused('guildCostMicrosPerDay', { mode: 'own', text: '5' });
    expect(readable(answer)).toContain('none for Pro 3');
    expect(await own()).toEqual({});
    await change('models', { mode: ['flash'] });
    await change('guildCostMicrosPerDay', { mode: 'own', text: '5' });
    expect(await own()).toMatchObject({ guildCostMicrosPerDay: 5_000_000 });
  });

  it('says who changed what and when', async () => {
    const text = await change('userOpen', { mode: 'own', text: '2' });
    expect(text).toContain(
      `<t:${bot.clock.now / 1_000}:R> <@${owner()}>: At once, each person, default → 2`,
    );
    const [newest] = await bot.store.settings.changes(guildId(), 1);
    expect(newest).toMatchObject({ name: 'userOpen', to: 2, userId: owner() });
  });

  it('shows as many of a long list of exempt roles as fit, and drops none when saved', async () => {
    const roles = Array.from({ length: 60 }, (_, index) => `${9n * 10n ** 17n + BigInt(index)}`);
    operatorSets({ exemptRoles: roles });
    const text = readable(await settings());
    expect(text).toMatch(/<@&900000000000000000> .* and \d+ more\n\*default\*/);

    await bot.store.settings.change(guildId(), { exemptRoles: roles }, owner());
    const opened = await openForm(await settings(), 'settings-form:exemptRoles');
    expect(choicesOf(opened)).toMatchObject({ keep: 'Keep what is set (60 roles)' });
    await change('exemptRoles', { mode: 'keep' });
    expect((await own()).exemptRoles).toEqual(roles);
  });

  it('drops no blocked word of a list that is too long for the form', async () => {
    const words = Array.from({ length: 190 }, (_, index) => `${index}`.padEnd(90, 'x'));
    await bot.store.settings.change(guildId(), { blockedWords: words }, owner());
    const opened = await openForm(await settings(), 'settings-form:blockedWords');
    expect(choicesOf(opened)).toMatchObject({ keep: 'Keep what is set (190 entries)' });
    await change('blockedWords', { mode: 'keep', text: '' });
    expect((await own()).blockedWords).toEqual(words);
  });

  it('stays within Discord’s limits with everything set to its longest', async () => {
    bot.context.operator.prices = {
      flash: { input: 1, text: 1, image: 1 },
      pro: { input: 1, text: 1, image: 1 },
    };
    await bot.store.settings.change(
      guildId(),
      {
        blockedWords: Array.from({ length: 35 }, (_, index) => `*${index}`.padEnd(100, '_')),
        exemptRoles: Array.from({ length: 25 }, (_, index) => `${9n * 10n ** 17n + BigInt(index)}`),
        guildCostMicrosPerDay: 1e12,
      },
      owner(),
    );
    const page = await settings();
    for (const name of SETTING_NAMES) await openForm(page, `settings-form:${name}`);
  });
});
