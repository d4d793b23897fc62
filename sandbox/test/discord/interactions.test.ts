import {
  ActionRowBuilder,
  AttachmentBuilder,
  ButtonBuilder,
  ButtonStyle,
  EmbedBuilder,
  FileUploadBuilder,
  LabelBuilder,
  MessageFlags,
  ModalBuilder,
  StringSelectMenuBuilder,
  TextInputBuilder,
  TextInputStyle,
} from 'discord.js';
import { expect, test } from 'vitest';
import { connectBot } from './bot.ts';
import { call, form, imagine, openDiscord, PIXEL } from './support.ts';

const button = (id: string) =>
  new ButtonBuilder().setCustomId(id).setLabel(id).setStyle(ButtonStyle.Primary);
const row = (...buttons: ButtonBuilder[]) =>
  new ActionRowBuilder<ButtonBuilder>().addComponents(buttons);

test('a deferred reply becomes a picture in an embed, with its alt text and size', async () => {
  const discord = await openDiscord();
  await connectBot(discord, async (interaction) => {
    if (!interaction.isChatInputCommand()) return;
    await interaction.deferReply();
    await interaction.editReply({ embeds: [new EmbedBuilder().setDescription('thinking')] });
    const file = new AttachmentBuilder(PIXEL, { name: 'fox.png', description: 'a fox' });
    const embed = new EmbedBuilder().setImage('attachment://fox.png').setFooter({ text: 'done' });
    await interaction.editReply({ embeds: [embed], files: [file] });
  });
  const states: string[] = [];
  discord.events.on('message', ({ change, message }) => {
    states.push(`${change} ${message.flags} ${message.embeds[0]?.description ?? ''}`);
  });
  const { handle } = await imagine(discord);
  expect(await handle.acknowledged).toMatchObject({ type: 5 });
  const done = await handle.when(() =>
    handle.response()?.embeds[0]?.footer ? handle.response() : null,
  );
  expect(states).toEqual(['create 128 ', 'update 0 thinking', 'update 0 ']);
  expect(done?.embeds[0]?.image).toMatchObject({
    width: 1,
    height: 1,
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/attachments\/\d+\/\d+\/fox\.png\?ex=/),
    proxy_url: expect.stringContaining('/media/attachments/'),
  });
  // As on the real Discord, a file that an embed shows is not listed.
  expect(done?.attachments).toEqual([]);
  const [file] = discord.filesOf(done?.id ?? '');
  expect(file).toMatchObject({ filename: 'fox.png', description: 'a fox', size: PIXEL.length });
  expect((await discord.file(file?.url ?? '')).bytes).toEqual(PIXEL);
  expect(done?.interaction_metadata).toMatchObject({
    user: { id: discord.world.people.member.id },
  });
});

test('options arrive with whole attachments, and are held against the registered command', async () => {
  const discord = await openDiscord();
  const { people, places } = discord.world;
  let read: unknown;
  await connectBot(discord, async (interaction) => {
    if (!interaction.isChatInputCommand()) return;
    const attachment = interaction.options.getAttachment('reference', true);
    const bytes = await (await fetch(attachment.url)).arrayBuffer();
    read = {
      prompt: interaction.options.getString('prompt'),
      count: interaction.options.getInteger('count'),
      size: attachment.size,
      type: attachment.contentType,
      same: Buffer.from(bytes).equals(PIXEL),
      limit: interaction.attachmentSizeLimit,
      owners: interaction.authorizingIntegrationOwners,
      attach: interaction.appPermissions.has('AttachFiles'),
      manage: interaction.memberPermissions?.has('ManageMessages'),
    };
    await interaction.reply({ content: 'ok', flags: MessageFlags.Ephemeral });
  });
  const upload = await discord.upload(people.moderator.id, { name: 'a photo.png', bytes: PIXEL });
  const base = {
    kind: 'slash' as const,
    userId: people.moderator.id,
    channelId: places.annexGeneral.id,
    command: 'imagine',
  };
  const options = { prompt: 'x', count: 2, reference: upload.id };
  await (await discord.interact({ ...base, options })).acknowledged;
  expect(read).toMatchObject({
    prompt: 'x',
    count: 2,
    size: PIXEL.length,
    type: 'image/png',
    same: true,
    limit: 10 * 1_048_576,
    owners: { 0: places.annex.id },
    attach: true,
    manage: true,
  });
  const wrong: [Record<string, string | number>, RegExp][] = [
    [{}, /"prompt" is required/],
    [{ prompt: 'x', count: 5 }, /1 to 4/],
    [{ prompt: 'x', count: 1.5 }, /whole number/],
    [{ prompt: 'x', size: '8K' }, /takes one of "1K", "2K"/],
    [{ prompt: 'x'.repeat(6001) }, /0 to 6000 characters/],
    [{ prompt: 'x', reference: '123' }, /no file was uploaded/],
    [{ prompt: 'x', other: 'y' }, /no option "other"/],
  ];
  for (const [given, why] of wrong) {
    await expect(discord.interact({ ...base, options: given })).rejects.toThrow(why);
  }
});

test('autocomplete gives choices for what is being typed', async () => {
  const discord = await openDiscord();
  await connectBot(discord, async (interaction) => {
    if (!interaction.isAutocomplete()) return;
    const focused = interaction.options.getFocused(true);
    await interaction.respond([{ name: `${focused.value}!`, value: focused.value }]);
  });
  const { people, places } = discord.world;
  const base = { userId: people.member.id, channelId: places.studioGeneral.id, command: 'imagine' };
  const handle = await discord.interact({
    kind: 'autocomplete',
    ...base,
    options: { prompt: 'a re' },
    focused: 'prompt',
  });
  expect(await handle.acknowledged).toMatchObject({ type: 8 });
  expect(handle.choices()).toEqual([{ name: 'a re!', value: 'a re' }]);
  await expect(
    discord.interact({ kind: 'autocomplete', ...base, focused: 'size' }),
  ).rejects.toThrow(/does not complete/);
});

test('buttons update their message, and only those that are there and enabled can be clicked', async () => {
  const discord = await openDiscord();
  await connectBot(discord, async (interaction) => {
    if (interaction.isChatInputCommand()) {
      const off = button('off').setDisabled(true);
      await interaction.reply({ content: 'one', components: [row(button('go'), off)] });
    } else if (interaction.isButton()) {
      if (interaction.message.content === 'one') await interaction.update({ content: 'two' });
      else {
        await interaction.deferUpdate();
        await interaction.editReply({ content: 'three', components: [] });
        await interaction.followUp({ content: 'psst', flags: MessageFlags.Ephemeral });
      }
    }
  });
  const { member, otherMember } = discord.world.people;
  const { handle } = await imagine(discord);
  await handle.acknowledged;
  const messageId = handle.response()?.id ?? '';
  const click = (customId: string, userId = member.id) =>
    discord.interact({ kind: 'button', userId, messageId, customId });

  const first = await click('go');
  expect(await first.acknowledged).toMatchObject({ type: 7 });
  expect(first.response()).toMatchObject({ id: messageId, content: 'two' });

  const second = await click('go', otherMember.id);
  const [whisper] = await second.when(() => (second.followups()[0] ? second.followups() : null));
  expect(discord.message(messageId)).toMatchObject({ content: 'three', components: [] });
  expect(whisper).toMatchObject({ content: 'psst', flags: MessageFlags.Ephemeral });
  const seenBy = (viewer?: string) =>
    discord.messages(discord.world.places.studioGeneral.id, viewer).map(({ content }) => content);
  expect(seenBy(otherMember.id)).toEqual(['three', 'psst']);
  expect(seenBy(member.id)).toEqual(['three']);
  expect(seenBy()).toEqual(['three']);
  await expect(click('go')).rejects.toThrow(/has no "go"/);
  await expect(
    discord.interact({
      kind: 'button',
      userId: member.id,
      messageId: whisper?.id ?? '',
      customId: 'go',
    }),
  ).rejects.toThrow(/only somebody else sees/);
});

test('a disabled button cannot be clicked, a select takes only its own values', async () => {
  const discord = await openDiscord();
  let chosen: string[] = [];
  await connectBot(discord, async (interaction) => {
    if (interaction.isChatInputCommand()) {
      const select = new StringSelectMenuBuilder()
        .setCustomId('pick')
        .addOptions({ label: 'A', value: 'a' }, { label: 'B', value: 'b' })
        .setMaxValues(2);
      await interaction.reply({
        components: [
          row(button('off').setDisabled(true)),
          new ActionRowBuilder<StringSelectMenuBuilder>().addComponents(select),
        ],
      });
    } else if (interaction.isStringSelectMenu()) {
      chosen = interaction.values;
      await interaction.deferUpdate();
    }
  });
  const { handle } = await imagine(discord);
  await handle.acknowledged;
  const base = { userId: discord.world.people.member.id, messageId: handle.response()?.id ?? '' };
  await expect(discord.interact({ kind: 'button', ...base, customId: 'off' })).rejects.toThrow(
    /disabled/,
  );
  await expect(
    discord.interact({ kind: 'select', ...base, customId: 'pick', values: ['c'] }),
  ).rejects.toThrow(/no value "c"/);
  const pick = await discord.interact({
    kind: 'select',
    ...base,
    customId: 'pick',
    values: ['b', 'a'],
  });
  await pick.acknowledged;
  expect(chosen).toEqual(['b', 'a']);
});

test('a modal takes texts, choices and files, and its answer edits the message below it', async () => {
  const discord = await openDiscord();
  let read: unknown;
  await connectBot(discord, async (interaction) => {
    if (interaction.isChatInputCommand()) {
      await interaction.reply({ content: 'one', components: [row(button('edit'))] });
    } else if (interaction.isButton()) {
      const text = new TextInputBuilder()
        .setCustomId('instruction')
        .setStyle(TextInputStyle.Paragraph)
        .setMaxLength(20);
      const size = new StringSelectMenuBuilder()
        .setCustomId('size')
        .setRequired(false)
        .addOptions({ label: '1K', value: '1K' }, { label: '2K', value: '2K' });
      const files = new FileUploadBuilder().setCustomId('files').setMaxValues(3).setRequired(false);
      const modal = new ModalBuilder()
        .setCustomId('edit')
        .setTitle('Edit')
        .addLabelComponents(
          new LabelBuilder().setLabel('What to change').setTextInputComponent(text),
          new LabelBuilder().setLabel('Size').setStringSelectMenuComponent(size),
          new LabelBuilder().setLabel('References').setFileUploadComponent(files),
        );
      await interaction.showModal(modal);
    } else if (interaction.isModalSubmit()) {
      read = {
        text: interaction.fields.getTextInputValue('instruction'),
        size: interaction.fields.getStringSelectValues('size'),
        files: interaction.fields.getUploadedFiles('files')?.map((file) => file.name),
        message: interaction.message?.content,
      };
      await interaction.deferReply();
      await interaction.editReply('edited');
    }
  });
  const { member, otherMember } = discord.world.people;
  const { handle } = await imagine(discord);
  await handle.acknowledged;
  const click = await discord.interact({
    kind: 'button',
    userId: member.id,
    messageId: handle.response()?.id ?? '',
    customId: 'edit',
  });
  expect(await click.acknowledged).toMatchObject({ type: 9 });
  expect(click.modal()).toMatchObject({ custom_id: 'edit', title: 'Edit' });

  const submit = (fields: Record<string, string | string[]>, userId = member.id) =>
    discord.interact({ kind: 'modal', userId, interactionId: click.id, fields });
  await expect(submit({})).rejects.toThrow(/"instruction" is required/);
  await expect(submit({ instruction: 'x'.repeat(21) })).rejects.toThrow(/0 to 20 characters/);
  await expect(submit({ instruction: 'x', size: ['9K'] })).rejects.toThrow(/no value "9K"/);
  await expect(submit({ instruction: 'x' }, otherMember.id)).rejects.toThrow(/somebody else/);
  const file = await discord.upload(member.id, { name: 'b.png', bytes: PIXEL });
  const sent = await submit({ instruction: 'add a llama', size: ['2K'], files: [file.id] });
  await sent.when(() => (sent.response()?.content === 'edited' ? true : null));
  expect(read).toEqual({ text: 'add a llama', size: ['2K'], files: ['b.png'], message: 'one' });
});

test('a message command carries the message with fresh addresses', async () => {
  const discord = await openDiscord();
  let read: unknown;
  await connectBot(discord, async (interaction) => {
    if (!interaction.isMessageContextMenuCommand()) return;
    const [file] = interaction.targetMessage.attachments.values();
    read = { name: file?.name, ok: (await fetch(file?.url ?? '')).ok, width: file?.width };
    await interaction.reply({ content: 'seen', flags: MessageFlags.Ephemeral });
  });
  const { people, places } = discord.world;
  const message = await discord.post({
    userId: people.otherMember.id,
    channelId: places.studioGeneral.id,
    files: [{ name: 'cat.png', bytes: PIXEL }],
  });
  const base = { kind: 'message-command' as const, channelId: places.studioGeneral.id };
  const use = { ...base, userId: people.member.id, messageId: message.id, command: 'Edit picture' };
  const handle = await discord.interact(use);
  expect(await handle.acknowledged).toMatchObject({ type: 4, ephemeral: true });
  expect(read).toEqual({ name: 'cat.png', ok: true, width: 1 });
  const own = handle.response()?.id ?? '';
  await expect(discord.interact({ ...use, messageId: own })).rejects.toThrow(/ephemeral/);
});

test('a user command carries the user, in the channel where it was used', async () => {
  const discord = await openDiscord();
  let read: unknown;
  await connectBot(discord, async (interaction) => {
    if (!interaction.isUserContextMenuCommand()) return;
    read = [interaction.targetUser.username, interaction.commandName];
    await interaction.reply('seen');
  });
  const body = [{ type: 2, name: 'Who' }];
  await call(discord, 'PUT', `/applications/${discord.applicationId}/commands`, body);
  const { people, places } = discord.world;
  const handle = await discord.interact({
    kind: 'user-command',
    userId: people.member.id,
    channelId: places.studioGeneral.id,
    command: 'Who',
    targetId: people.owner.id,
  });
  await handle.acknowledged;
  expect(read).toEqual(['owner', 'Who']);
  const elsewhere = { channelId: places.annexGeneral.id, messageId: handle.response()?.id ?? '' };
  await expect(
    discord.interact({ kind: 'button', userId: people.member.id, customId: 'x', ...elsewhere }),
  ).rejects.toThrow(/another channel/);
});

test('the told upload limit can be another than the one that holds', async () => {
  const discord = await openDiscord();
  const told: number[] = [];
  await connectBot(discord, async (interaction) => {
    if (!interaction.isChatInputCommand()) return;
    told.push(interaction.attachmentSizeLimit);
    await interaction.reply('x');
  });
  discord.controls.set({ attachmentSizeLimit: 100 });
  await (await imagine(discord)).handle.acknowledged;
  discord.controls.set({ announcedAttachmentSizeLimit: 2000 });
  const { handle, original } = await imagine(discord);
  await handle.acknowledged;
  expect(told).toEqual([100, 2000]);
  const large = form({}, { 'a.bin': Buffer.alloc(101) });
  expect((await call(discord, 'PATCH', original, large)).status).toBe(413);
});

test('nobody answers in time', async () => {
  const discord = await openDiscord();
  discord.controls.set({ acknowledgeWithinMs: 20 });
  const { handle } = await imagine(discord);
  await expect(handle.acknowledged).rejects.toThrow(/did not respond/);
  expect(handle.response()).toBeNull();
});

test('only who may see a command can use it', async () => {
  const discord = await openDiscord();
  const { handle: _handle } = await imagine(discord);
  const { people, places } = discord.world;
  const use = (userId: string) =>
    discord.interact({
      kind: 'slash',
      userId,
      channelId: places.studioGeneral.id,
      command: 'settings',
    });
  await expect(use(people.member.id)).rejects.toThrow(/no command "settings"/);
  await expect(use(people.owner.id)).resolves.toBeDefined();
});
