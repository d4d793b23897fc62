import { describe, expect, it } from 'vitest';
import { Failure, type FailureDetails } from '../../src/domain.ts';
import { renderFailure } from '../../src/reply/render/render-failure.ts';
import { english } from '../../src/texts/english.ts';
import { aboutWhen, daysText } from '../../src/texts/wait-texts.ts';

/** What a person reads of a busy model. */
function told(details: FailureDetails<'busy'>): string {
  const failure = new Failure('busy', 'by the test', { details });
  const { embeds } = renderFailure({ id: 'g1', subject: null, failure }, english);
  return `${embeds?.[0]?.title}: ${embeds?.[0]?.description}`;
}

describe('a wait that the provider asked for', () => {
  it.each([
    [undefined, ''],
    [34_400, ''],
    [61_000, 'in about 1 minute'],
    [300_000, 'in about 5 minutes'],
    [48_161_000, 'in about 13 hours'],
    [3 * 86_400_000, 'in about 3 days'],
  ])('of %s ms is told as “%s”', (waitMs, words) => {
    expect(aboutWhen(waitMs)).toBe(words);
  });

  it('stands in the sentence in place of “a few minutes”', () => {
    const sentence = told({ retryAfterMs: 48_161_000, attempts: 1 });
    expect(sentence).toContain('Try again in about 13 hours.');
    expect(sentence).not.toMatch(/several times|a few minutes/);
  });

  it('is of a day where the provider gives nothing more today', () => {
    expect(told({ problem: 'daily_limit', retryAfterMs: 48_161_000, attempts: 1 })).toMatch(
      /daily limit.*in about 13 hours.*operator has been told/,
    );
    expect(told({ problem: 'daily_limit', attempts: 1 })).toContain('Try again tomorrow.');
  });
});

describe('a busy model', () => {
  it('was asked several times only where it was', () => {
    expect(told({ attempts: 3 })).toMatch(/asked several times.*in a few minutes/);
    for (const attempts of [1, undefined]) {
      expect(told(attempts === undefined ? {} : { attempts })).not.toContain('several times');
    }
  });

  it('is told from one that cannot be reached', () => {
    expect(told({ problem: 'no_connection', attempts: 3 })).toMatch(
      /cannot be reached.*tried several times/,
    );
    expect(told({ problem: 'no_connection', attempts: 1 })).not.toContain('several times');
  });
});

it.each([
  [86_400_000, 'a day'],
  [2 * 86_400_000, '2 days'],
])('%i ms are %s', (ms, text) => {
  expect(daysText(ms)).toBe(text);
});
