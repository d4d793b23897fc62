import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { INTERACTION_TOKEN_MS } from '../src/discord-http/discord-limits.ts';
import { MAX_IMAGES_PER_REPLY } from '../src/domain.ts';
import {
  CLOCK_AGREES_WITHIN_MS,
  FILES_GONE_AFTER_MS,
  FILES_KEPT_MS,
} from '../src/generation/housekeeping.ts';
import { USAGE_DAYS } from '../src/pages/usage-page.ts';
import { english } from '../src/texts/english.ts';
import { daysText } from '../src/texts/wait-texts.ts';

const minutes = (ms: number) => `${ms / 60_000} minutes`;
const filesKept = daysText(FILES_GONE_AFTER_MS);

describe('the documents', () => {
  it.each([
    ['README.md', `| \`count\` | 1 to ${MAX_IMAGES_PER_REPLY} pictures side by side |`],
    ['README.md', `a chart of the last ${USAGE_DAYS} days`],
    ['docs/operating.md', `| \`spool/\` | ${filesKept} |`],
    ['docs/operating.md', `edits go on from the original for ${filesKept}`],
    ['docs/operating.md', `answers for ${minutes(INTERACTION_TOKEN_MS)} after each command`],
    [
      'docs/operating.md',
      `by more than ${minutes(CLOCK_AGREES_WITHIN_MS)}, nothing goes by its age`,
    ],
    ['docs/alerts.yaml', `Pictures that cannot be shown are kept for ${filesKept}`],
    ['SECURITY.md', `write as the bot for ${minutes(INTERACTION_TOKEN_MS)}`],
  ])('name the number that the code has: %s, “%s”', (file, words) => {
    expect(readFileSync(file, 'utf8')).toContain(words);
  });
});

describe('the catalogue', () => {
  it('says how long a file is kept, to the sweep that removes it', () => {
    expect(english.working.closing).toContain(`kept for ${filesKept}`);
    expect(FILES_GONE_AFTER_MS - FILES_KEPT_MS).toBe(60 * 60_000);
  });
});
