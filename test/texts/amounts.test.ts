import { describe, expect, it } from 'vitest';
import { exactMoneyText, moneyLeftText, moneyText, secondsText } from '../../src/texts/amounts.ts';
import { english } from '../../src/texts/english.ts';
import { limitText } from '../../src/texts/failure-text.ts';

describe('amounts', () => {
  it.each([
    [0, '$0.00'],
    [134_000, '$0.134'],
    [1_234_500_000, '$1,234.50'],
  ])('write %i millionths of a dollar as %s', (micros, text) => {
    expect(moneyText(micros)).toBe(text);
  });

  it('never promise more money than is left', () => {
    expect(moneyLeftText(1_999_999)).toBe('$1.99');
  });

  it('write the operator’s money to a hundredth of a cent', () => {
    expect(exactMoneyText(134_040)).toBe('$0.1340');
  });
});

describe('a limit that is reached', () => {
  const refused = (limit: 'guild_cost' | 'user_cooldown' | 'bot_pictures', value: number) =>
    limitText({ refusal: { limit, value, left: value, asked: 1, freesAt: null } }, english);

  it('names its amounts as /usage does', () => {
    expect(refused('guild_cost', 1_234_500_000)).toContain(moneyLeftText(1_234_500_000));
    expect(refused('guild_cost', 1_234_500_000)).toContain('$1,234.50');
    expect(refused('user_cooldown', 86_400_000)).toContain(secondsText(86_400_000));
    expect(refused('user_cooldown', 86_400_000)).toContain('86,400 s');
    expect(refused('bot_pictures', 100_000)).toContain('100,000 pictures a day');
  });
});
