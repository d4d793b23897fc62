import { type LocalDiscord, startLocalDiscord } from '@darkroom/sandbox/discord';
import {
  ButtonStyle,
  ComponentType,
  Events,
  LabelBuilder,
  ModalBuilder,
  PermissionFlagsBits,
  TextInputBuilder,
  TextInputStyle,
} from 'discord.js';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createAcknowledge } from '../../src/discord/acknowledge.ts';
import { Gate } from '../../src/discord/gate.ts';
import { createClient, watchChannelTypes } from '../../src/discord/gateway-client.ts';
import type { HandlerContext, Handlers, SlashCommand } from '../../src/discord/handlers.ts';
import { registerCommands } from '../../src/discord/registration.ts';
import { ReplyRest } from '../../src/discord-http/rest.ts';
import type { ReplyTarget } from '../../src/domain.ts';
import type { BotEvent } from '../../src/events.ts';
import { Answers } from '../../src/pages/answers.ts';
import { english } from '../../src/texts/english.ts';
import { sampleFailure, silentLog } from '../support/samples.ts';

let discord: LocalDiscord;
let client: ReturnType<typeof createClient>;
let rest: ReplyRest;
let reported: BotEvent[];
let seen: ReplyTarget[];

/** What the gate owes, as the store would have it. */
const owed: string[] = [];
let unlocked: Promise<void> = Promise.resolve();
const deferrals = {
  async note({ interactionToken }: ReplyTarget) {
    await unlocked;
    owed.push(interactionToken);
  },
  clear: async (token: string) => void owed.splice(owed.indexOf(token), 1),
};

const command = (name: string, rest: object): SlashCommand =>
  ({ data: { name, description: name }, ...rest }) as SlashCommand;

const button = {
  type: ComponentType.ActionRow,
  components: [
    { type: ComponentType.Button, style: ButtonStyle.Primary, label: 'Go', custom_id: 'go:1' },
    { type: ComponentType.Button, style: ButtonStyle.Primary, label: 'Ask', custom_id: 'ask:1' },
    { type: ComponentType.Button, style: ButtonStyle.Primary, label: 'Old', custom_id: 'old:1' },
    { type: ComponentType.Button, style: ButtonStyle.Primary, label: 'Bad', custom_id: 'bad' },
  ],
};
const choice = {
  type: ComponentType.ActionRow,
  components: [
    { type: ComponentType.Button, style: ButtonStyle.Primary, label: 'M', custom_id: 'pick:m' },
    { type: ComponentType.Button, style: ButtonStyle.Primary, label: 'U', custom_id: 'pick:u' },
    { type: ComponentType.Button, style: ButtonStyle.Primary, label: 'X', custom_id: 'pick:x' },
  ],
};

const modal = () =>
  new ModalBuilder()
    .setCustomId('form:1')
    .setTitle('A form')
    .addLabelComponents(
      new LabelBuilder()
        .setLabel('Words')
        .setTextInputComponent(
          new TextInputBuilder().setCustomId('words').setStyle(TextInputStyle.Short),
        ),
    );

const say = async (target: ReplyTarget, content: string) => {
  seen.push(target);
  await rest.editOriginal(target, { content, components: [button, choice] } as never);
};

const handlers: Handlers = {
  slash: [
    command('open', {
      acknowledge: 'public',
      execute: (_: unknown, target: ReplyTarget) => say(target, 'hello'),
    }),
    command('hush', {
      acknowledge: 'private',
      execute: (_: unknown, target: ReplyTarget) => say(target, 'psst'),
    }),
    command('crash', {
      acknowledge: 'public',
      execute: () => Promise.reject(new Error('secret inner words')),
    }),
    command('limited', {
      acknowledge: 'public',
      execute: () => Promise.reject(sampleFailure('limit')),
    }),
    command('heavy', {
      acknowledge: 'public',
      execute: () => Promise.reject(sampleFailure('reference')),
    }),
    command('wordy', {
      acknowledge: 'public',
      typed: () => 'words of one person',
      execute: () => Promise.reject(new Error('a bug')),
    }),
    command('form', { acknowledge: 'modal', open: modal }),
    command('broken-form', { acknowledge: 'modal', open: () => Promise.reject(new Error('no')) }),
    {
      ...command('find', { acknowledge: 'public', execute: async () => undefined }),
      data: {
        name: 'find',
        description: 'find',
        options: [{ type: 3, name: 'word', description: 'word', autocomplete: true }],
      },
      complete: async (interaction) => [
        { name: `you typed ${interaction.options.getFocused()}`, value: 'a' },
        ...Array.from({ length: 40 }, (_, index) => ({ name: `n${index}`, value: `v${index}` })),
      ],
    },
  ],
  message: [],
  components: [
    { name: 'go', acknowledge: 'update', execute: (_, target) => say(target, 'went') },
    { name: 'ask', acknowledge: 'modal', open: modal },
    {
      name: 'pick',
      acknowledge: async (interaction: { customId: string }) => {
        if (interaction.customId === 'pick:x') throw new Error('the disk is gone');
        return interaction.customId === 'pick:m' ? 'modal' : 'update';
      },
      open: modal,
      execute: (_, target) => say(target, 'picked'),
    },
    { name: 'bad', acknowledge: 'update', execute: () => Promise.reject(new Error('inner')) },
    { name: 'form', acknowledge: 'private', execute: (_, target) => say(target, 'filled in') },
  ],
};

beforeAll(async () => {
  discord = await startLocalDiscord();
  seen = [];
  reported = [];
  rest = new ReplyRest({ apiUrl: discord.apiUrl, botToken: discord.botToken });
  client = createClient({ apiUrl: discord.apiUrl, log: silentLog });
  const gate = new Gate({
    handlers,
    context: { store: {}, texts: english } as HandlerContext,
    deferrals,
    acknowledge: createAcknowledge({ apiUrl: discord.apiUrl }),
    channelTypeOf: watchChannelTypes(client),
    answers: new Answers({ rest, log: silentLog, texts: english, now: Date.now }),
    operator: { allowedGuilds: null, userInstall: true, directMessages: true },
    report: (event) => reported.push(event),
    log: silentLog,
    now: Date.now,
  });
  client.on(Events.InteractionCreate, (interaction) => gate.handle(interaction));
  const ready = new Promise((resolve) => client.once(Events.ClientReady, resolve));
  await client.login(discord.botToken);
  await ready;
  if (client.isReady())
    await registerCommands(client, handlers, { guildId: null, userInstall: false });
});
afterAll(async () => {
  await client.destroy();
  await discord.close();
});

const who = () => ({
  userId: discord.world.people.member.id,
  channelId: discord.world.places.studioGeneral.id,
});
const slash = (name: string) => discord.interact({ kind: 'slash', command: name, ...who() });

async function click(customId: string) {
  const opened = await slash('open');
  const message = await opened.when(() =>
    opened.response()?.components?.length ? opened.response() : null,
  );
  return discord.interact({ kind: 'button', messageId: message.id, customId, ...who() });
}

describe('the gate', () => {
  it('acknowledges while another process keeps the database locked, and owes nothing in the end', async () => {
    const lock = Promise.withResolvers<void>();
    unlocked = lock.promise;
    const open = await slash('open');
    expect(await open.acknowledged).toMatchObject({ type: 5 });
    await open.when(() => open.response()?.content === 'hello' || null);
    expect(owed).toEqual([]);
    lock.resolve();
    await lock.promise;
    const next = await slash('open');
    await next.when(() => next.response()?.content === 'hello' || null);
    await expect.poll(() => owed).toEqual([]);
  });

  it('defers in public or in private, as the handler declares', async () => {
    const open = await slash('open');
    expect(await open.acknowledged).toMatchObject({ type: 5, ephemeral: false });
    await open.when(() => open.response()?.content === 'hello' || null);
    const hush = await slash('hush');
    expect(await hush.acknowledged).toMatchObject({ type: 5, ephemeral: true });
    await hush.when(() => hush.response()?.content === 'psst' || null);
  });

  it('hands over a target of plain data with everything that a reply needs', async () => {
    seen.length = 0;
    const open = await slash('open');
    await open.when(() => seen.length > 0 || null);
    const target = seen[0];
    expect(structuredClone(target)).toEqual(target);
    expect(target).toMatchObject({
      applicationId: discord.applicationId,
      interactionToken: open.token,
      ...who(),
      guildId: discord.world.places.studio.id,
      ephemeral: false,
      installContext: 'guild',
      attachmentSizeLimit: 20 * 1024 * 1024,
    });
    expect(BigInt(target?.appPermissions ?? 0) > 0n).toBe(true);
  });

  it.each([
    ['may be written in by Send Messages in Threads alone', 'allow', true],
    ['may not be written in by Send Messages alone', 'deny', false],
  ] as const)('hands over whether a thread %s', async (_, sent, may) => {
    const { places, people } = discord.world;
    const overwrite = { id: people.bot.id, type: 'user' as const, allow: 0n, deny: 0n };
    const change = { [sent]: PermissionFlagsBits.SendMessagesInThreads };
    const other = { [sent === 'allow' ? 'deny' : 'allow']: PermissionFlagsBits.SendMessages };
    const parent = { ...places.studioGeneral, id: `${places.studioGeneral.id}1` };
    const thread = { ...places.studioGeneral, id: `${places.studioGeneral.id}2` };
    discord.world.channels.push(
      { ...parent, overwrites: [{ ...overwrite, ...change, ...other }] } as typeof parent,
      { ...thread, parentId: parent.id } as typeof thread,
    );
    onTestFinished(() => void discord.world.channels.splice(-2));
    seen.length = 0;
    const open = await discord.interact({
      kind: 'slash',
      command: 'open',
      userId: people.member.id,
      channelId: thread.id,
    });
    await open.when(() => seen.length > 0 || null);
    const permissions = BigInt(seen[0]?.appPermissions ?? 0);
    expect((permissions & PermissionFlagsBits.SendMessages) !== 0n).toBe(may);
  });

  it('reports each first answer with its kind, and one that Discord did not accept', async () => {
    reported.length = 0;
    const open = await slash('open');
    await open.when(() => open.response()?.content === 'hello' || null);
    await (await slash('form')).acknowledged;
    const focus = { command: 'find', focused: 'word', options: { word: 'fo' } };
    const find = await discord.interact({ kind: 'autocomplete', ...focus, ...who() });
    await find.when(() => find.choices());
    const answer = { status: 404, body: { message: 'Unknown interaction', code: 10_062 } };
    discord.controls.injectFault({
      match: { route: 'callback' },
      effect: { kind: 'answer', ...answer },
    });
    await slash('open');
    await expect.poll(() => reported.length).toBe(4);
    expect(reported).toMatchObject([
      { type: 'interaction_answered', kind: 'public', interaction: { command: 'open' } },
      { type: 'interaction_answered', kind: 'direct' },
      { type: 'interaction_answered', kind: 'autocomplete' },
      { type: 'interaction_unanswered' },
    ]);
  });

  it('turns a crash into a sentence with a reference id, and no inner words', async () => {
    const crash = await slash('crash');
    const message = await crash.when(() =>
      crash.response()?.embeds.length ? crash.response() : null,
    );
    expect(message.embeds[0]?.footer?.text).toBe(`internal · ref ${crash.id}`);
    expect(JSON.stringify(message)).not.toContain('secret inner words');
  });

  it.each([
    ['a limit is reached', 'limited', 'limit'],
    ['the pictures to go by are too much', 'heavy', 'reference'],
    ['a form is lost', 'wordy', 'internal'],
  ])('takes a public reply back and says so in private when %s', async (_, name, kind) => {
    const refused = await slash(name);
    const followUp = await refused.when(() => refused.followups()[0]);
    expect(followUp.embeds[0]?.footer?.text).toBe(`${kind} · ref ${refused.id}`);
    expect(Number(followUp.flags) & 64).toBe(64);
    expect(refused.response()).toBeNull();
  });

  it('notes what it owes before it acknowledges, and nothing stays noted', async () => {
    const noted = new Promise<boolean>((resolve) => {
      discord.events.on('interaction', ({ state, id }) => {
        const token = discord.interaction(id)?.token ?? '';
        if (state === 'acknowledged') resolve(owed.includes(token));
      });
    });
    const crash = await slash('crash');
    expect(await noted).toBe(true);
    await crash.when(() => crash.response()?.embeds.length || null);
    await expect.poll(() => owed).toEqual([]);
  });

  it('answers autocomplete with what fits', async () => {
    const find = await discord.interact({
      kind: 'autocomplete',
      command: 'find',
      focused: 'word',
      options: { word: 'fo' },
      ...who(),
    });
    const choices = await find.when(() => find.choices());
    expect(choices).toHaveLength(25);
    expect(choices[0]?.name).toBe('you typed fo');
  });

  it('opens a modal as the first answer, and says so in private when it cannot', async () => {
    const form = await slash('form');
    expect(await form.acknowledged).toMatchObject({ type: 9 });
    expect(form.modal()?.title).toBe('A form');
    const filled = await discord.interact({
      kind: 'modal',
      interactionId: form.id,
      fields: { words: 'hello' },
      userId: who().userId,
    });
    await filled.when(() => filled.response()?.content === 'filled in' || null);
    const broken = await slash('broken-form');
    expect(await broken.acknowledged).toMatchObject({ type: 4, ephemeral: true });
    expect(broken.response()?.embeds[0]?.footer?.text).toContain('internal');
  });

  it('updates the message that a button sits on, and opens modals from buttons', async () => {
    const go = await click('go:1');
    expect(await go.acknowledged).toMatchObject({ type: 6 });
    await go.when(() => go.response()?.content === 'went' || null);
    const ask = await click('ask:1');
    expect(await ask.acknowledged).toMatchObject({ type: 9 });
  });

  it('lets a handler decide between a modal and an answer', async () => {
    expect(await (await click('pick:m')).acknowledged).toMatchObject({ type: 9 });
    const picked = await click('pick:u');
    expect(await picked.acknowledged).toMatchObject({ type: 6 });
    await picked.when(() => picked.response()?.content === 'picked' || null);
  });

  it('answers in private where a handler fails before it has decided', async () => {
    const undecided = await click('pick:x');
    expect(await undecided.acknowledged).toMatchObject({ type: 4, ephemeral: true });
    const said = JSON.stringify(undecided.response()?.embeds);
    expect(said).toContain(`internal · ref ${undecided.id}`);
    expect(said).not.toContain('the disk is gone');
  });

  it('leaves a button’s message alone when its handler fails', async () => {
    const bad = await click('bad');
    const followUp = await bad.when(() => bad.followups()[0]);
    expect(followUp.embeds[0]?.footer?.text).toBe(`internal · ref ${bad.id}`);
    expect(Number(followUp.flags) & 64).toBe(64);
    expect(bad.response()?.content).toBe('hello');
  });

  it('gives a clear answer to a button that it does not know', async () => {
    const old = await click('old:1');
    expect(await old.acknowledged).toMatchObject({ type: 4, ephemeral: true });
    expect(old.response()?.content).toContain('older version');
  });

  it.each(['before-body', 'after-effect'] as const)(
    'acknowledges once more when the connection breaks (%s)',
    async (when) => {
      discord.controls.injectFault({
        match: { route: 'callback' },
        effect: { kind: 'drop', when },
      });
      const open = await slash('open');
      expect(await open.acknowledged).toMatchObject({ type: 5 });
      await open.when(() => open.response()?.content === 'hello' || null);
    },
  );

  it.each([
    ['that Discord no longer knows', 404, 'Unknown interaction', 10_062],
    ['that another process was faster with', 400, 'Already acknowledged', 40_060],
  ])('runs nothing for an interaction %s', async (_, status, message, code) => {
    seen.length = 0;
    discord.controls.injectFault({
      match: { route: 'callback' },
      effect: { kind: 'answer', status, body: { message, code } },
    });
    const gone = await slash('open');
    const next = await slash('open');
    await next.when(() => next.response()?.content === 'hello' || null);
    expect(seen.map((target) => target.interactionToken)).toEqual([next.token]);
    expect(gone.response()).toBeNull();
  });
});
