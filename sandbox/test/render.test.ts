import { ButtonStyle, ComponentType, MessageFlags } from 'discord-api-types/v10';
import { describe, expect, it } from 'vitest';
import type { Attachment, Message } from '../discord/local-discord.ts';
import { buttonsOf, renderMessage } from '../render.ts';

const message = (members: object): Message =>
  ({ content: '', embeds: [], components: [], flags: 0, ...members }) as unknown as Message;

const BUTTONS = [
  {
    type: ComponentType.ActionRow,
    components: [
      { type: ComponentType.Button, style: ButtonStyle.Primary, label: 'Again', custom_id: 'a' },
      {
        type: ComponentType.Button,
        style: ButtonStyle.Primary,
        label: 'Edit',
        custom_id: 'e',
        disabled: true,
      },
    ],
  },
];

describe('a message as text', () => {
  it('holds everything that a person reads, in order', () => {
    const embed = {
      title: 'A title',
      description: '> a prompt\n\n**A heading**\nSome \\*words\\* and SNAKE\\_CASE',
      fields: [{ name: 'Field', value: 'value' }],
      footer: { text: 'a footer' },
    };
    const file = { filename: 'fox.png', width: 10, height: 20, size: 1_234_567 } as Attachment;
    const shown = message({ content: 'hello', embeds: [embed], components: BUTTONS });
    expect(renderMessage(shown, [file]).split('\n')).toEqual([
      'hello',
      '**A title**',
      '> a prompt',
      '**A heading**',
      'Some *words* and SNAKE_CASE',
      'Field: value',
      'a footer',
      '[file] fox.png, 10×20, 1.2 MB',
      '[Again] (Edit)',
    ]);
  });

  it('shows times as a clock’s, so that nothing changes while nothing happens', () => {
    const text = renderMessage(message({ content: 'since <t:1700000000:R>' }), []);
    expect(text).toMatch(/^since at \d\d:\d\d:\d\d$/);
  });

  it('says who sees it, and that the bot is thinking', () => {
    const flags = MessageFlags.Ephemeral | MessageFlags.Loading;
    const author = { username: 'Greeter', global_name: null };
    expect(renderMessage(message({ flags, author }), [])).toBe(
      '(only you can see this)\nGreeter is thinking…',
    );
  });

  it('knows its buttons', () => {
    expect(buttonsOf(message({ components: BUTTONS }))).toEqual([
      { label: 'Again', customId: 'a', disabled: false },
      { label: 'Edit', customId: 'e', disabled: true },
    ]);
  });
});
