import { describe, expect, it } from 'vitest';
import { FAILURE_PROBLEMS, Failure, type FailureKind } from '../../../src/domain.ts';
import type { WorkingState } from '../../../src/generation/live-reply.ts';
import { renderFailure } from '../../../src/reply/render/render-failure.ts';
import { slotLines } from '../../../src/reply/render/render-lines.ts';
import { english } from '../../../src/texts/english.ts';
import { failureText } from '../../../src/texts/failure-text.ts';
import {
  sampleDone,
  sampleFailure,
  sampleRequest,
  sampleSubject,
  sampleWorking,
} from '../../support/samples.ts';
import { renderWorking as renderAt, renderDone } from './single-reply.ts';

const picture = { path: '/p', bytes: 1, mime: 'image/png', width: 2_752, height: 1_536 };

const NOW = 1_800_000_010_000;
const renderWorking = (state: WorkingState) => renderAt(state, NOW).body;

/** The text of an embed as Discord counts it. */
function chars(body: ReturnType<typeof renderWorking>): number {
  const embed = body.embeds?.[0];
  return [embed?.title, embed?.description, embed?.footer?.text].join('').length;
}

const message = { guildId: '1', channelId: '2', messageId: '3', ephemeral: false };

describe('a working reply', () => {
  it('shows the prompt, the newest thought with its heading, and since when', () => {
    const body = renderWorking(
      sampleWorking({
        thought: { heading: 'Framing the Fox', words: 'It stands left. Snow falls. And a third.' },
      }),
    );
    expect(body.embeds?.[0]?.description).toBe(
      '> a red fox in snow\n\n**Framing the Fox**\nIt stands left. Snow falls.\n\n-# Asked <t:1800000000:R>',
    );
  });

  it.each([
    ['busy', 'The model is busy.'],
    ['cut', 'The connection to the model broke.'],
    ['bad_answer', 'The model’s answer could not be read.'],
  ] as const)('says after %s why and when the next attempt starts', (after, why) => {
    const retry = { attempt: 2, at: 1_800_000_030_000, after };
    const body = renderWorking(sampleWorking({ phase: 'waiting', retry }));
    expect(body.embeds?.[0]?.description).toContain(`${why} Attempt 2 starts <t:1800000030:R>`);
  });

  it('says who goes before while it is in line', () => {
    const third = renderWorking(sampleWorking({ phase: 'queued', position: 3 }));
    expect(third.embeds?.[0]?.description).toContain('2 before this one');
    const next = renderWorking(sampleWorking({ phase: 'queued', position: 1 }));
    expect(next.embeds?.[0]?.description).toContain('Next in line');
  });

  it('shows how far along it usually is by now, and never claims to be done', () => {
    const at = (runningSince: number) =>
      renderWorking(sampleWorking({ runningSince, usualMs: 20_000 })).embeds?.[0]?.description;
    expect(at(NOW)).toContain('▱▱▱▱▱▱▱▱▱▱▱▱ usually 20 s');
    expect(at(NOW - 10_000)).toContain('▰▰▰▰▰▰▱▱▱▱▱▱ usually 20 s');
    expect(at(NOW - 90_000)).toContain('▰▰▰▰▰▰▰▰▰▰▰▱ usually 20 s');
  });

  it('shows a draft small, and takes it away with the next state', () => {
    const draft = new Uint8Array([1, 2, 3]);
    const { body, uploads } = renderAt(sampleWorking({ draft }), NOW);
    expect(body.embeds?.[0]?.thumbnail?.url).toBe('attachment://draft-abc123def456.webp');
    expect(uploads).toEqual([
      { bytes: draft, name: 'draft-abc123def456.webp', mime: 'image/webp' },
    ]);
    expect(renderWorking(sampleWorking()).attachments).toEqual([]);
  });

  it.each([
    ['again', null, 'Again of [this picture](https://discord.com/channels/1/2/3)'],
    ['edit', 3, 'Edit of [picture 3 here](https://discord.com/channels/1/2/3)'],
    ['enlarge', 2, 'Enlarged to 2K from [picture 2 here](https://discord.com/channels/1/2/3)'],
  ] as const)(
    'says how it came of an earlier picture, and of which (%s)',
    (kind, number, words) => {
      const origin = { kind, number, message };
      const body = renderWorking(sampleWorking({ origin }));
      expect(body.embeds?.[0]?.description).toContain(`> a red fox in snow\n-# ${words}`);
    },
  );

  it('quotes the words of an enlarged picture, or none where they are no longer kept', () => {
    const origin = {
      ...{ kind: 'again' as const, number: null },
      message: { ...message, ephemeral: true },
    };
    const shown = (prompt: string) =>
      renderWorking(
        sampleWorking({ origin, request: sampleRequest({ intent: 'enlarge', prompt }) }),
      ).embeds?.[0]?.description;
    const how = '-# Enlarged to 2K · Again of an earlier picture\n\n';
    expect(shown('a red fox')).toContain(`> a red fox\n${how}`);
    expect(shown('')?.startsWith(how)).toBe(true);
  });

  it('stays far under Discord’s limits and pings nobody, whatever the words', () => {
    const loud = '@everyone **#*_~|` '.repeat(2_000);
    const body = renderWorking(
      sampleWorking({
        request: sampleRequest({ prompt: loud }),
        thought: { heading: loud, words: loud },
      }),
    );
    expect(chars(body)).toBeLessThan(4_096);
    expect(body.allowed_mentions).toEqual({ parse: [] });
  });
});

describe('a finished reply', () => {
  it('has the picture in the embed, alt text, and everything asked for in the footer', () => {
    const { body, upload } = renderDone(sampleDone(picture));
    expect(upload).toEqual({ path: '/p', name: 'darkroom-abc123def456.png', mime: 'image/png' });
    expect(body.embeds?.[0]?.image?.url).toBe('attachment://darkroom-abc123def456.png');
    expect(body.attachments).toEqual([
      { id: '0', filename: 'darkroom-abc123def456.png', description: 'a red fox in snow' },
    ]);
    expect(body.embeds?.[0]?.footer?.text).toBe(
      'Pro 3 · 16:9 · 2K (2752×1536) · tokens: 8 prompt, 1,120 image, 264 thinking, 1,392 total · 12.3 s',
    );
  });

  it('says so when the model did not tell its usage, or only some of it', () => {
    const unknown = renderDone(sampleDone(picture, { usage: null }));
    expect(unknown.body.embeds?.[0]?.footer?.text).toContain('tokens unknown');
    const usage = { promptTokens: 8, imageTokens: null, thoughtTokens: null, totalTokens: 9 };
    const partly = renderDone(sampleDone(picture, { usage }));
    expect(partly.body.embeds?.[0]?.footer?.text).toContain(
      '8 prompt, ? image, ? thinking, 9 total',
    );
  });

  it('says how it was sent where it did not fit, and what it cost where that is known', () => {
    const done = sampleDone({ ...picture, bytes: 24_100_000 }, { costMicros: 134_000 });
    const image = { ...picture, mime: 'image/jpeg', bytes: 8_900_000 };
    const reencoded = { format: 'jpeg' as const, quality: 92, scale: 1, encodes: 2 };
    const footer = renderDone(done, { image, reencoded }).body.embeds?.[0]?.footer?.text;
    expect(footer).toContain('sent as JPEG 92, 8.9 MB; made as PNG 24.1 MB');
    expect(footer).toContain('$0.134');
  });

  it('says what came, and what was asked for beside it, where the model made something else', () => {
    const square = { ...picture, width: 1_024, height: 1_024 };
    const footer = renderDone(sampleDone(square)).body.embeds?.[0]?.footer?.text;
    expect(footer).toContain('Pro 3 · 1:1 · 1K (1024×1024) · asked for 16:9 2K · tokens');
  });
});

describe('the buttons', () => {
  const ids = (body: ReturnType<typeof renderWorking>) =>
    (body.components ?? []).flatMap((row) =>
      'components' in row ? row.components.map((one) => 'custom_id' in one && one.custom_id) : [],
    );

  it('stop what runs, and nothing that is paused', () => {
    expect(ids(renderWorking(sampleWorking()))).toEqual(['cancel:reply1234567']);
    expect(ids(renderWorking(sampleWorking({ phase: 'paused' })))).toEqual([]);
  });

  it('go on from a picture, enlarging only to what is larger', () => {
    // Whatever size was asked for.
    const request = sampleRequest({ size: '2K' });
    const at = (width: number, height: number) =>
      ids(renderDone(sampleDone({ ...picture, width, height }, { request })).body);
    expect(at(1_376, 768)).toEqual([
      'again:reply1234567:abc123def456',
      'edit:abc123def456',
      'thinking:reply1234567:abc123def456',
      'delete:reply1234567',
      'enlarge:abc123def456:2K',
      'enlarge:abc123def456:4K',
    ]);
    expect(at(2_048, 2_048).slice(4)).toEqual(['enlarge:abc123def456:4K']);
    expect(at(5_504, 3_072).slice(4)).toEqual([]);
  });

  it('offer no deletion of what only its person sees', () => {
    const body = renderDone(sampleDone(picture, { isPrivate: true })).body;
    expect(ids(body)).not.toContain('delete:reply1234567');
  });

  it('offer another try where that could help', () => {
    const offered = (kind: FailureKind) =>
      ids(
        renderFailure({ id: 'x', subject: sampleSubject(), failure: sampleFailure(kind) }, english),
      );
    expect(offered('busy')).toEqual(['again:reply1234567:abc123def456']);
    expect(offered('refused_prompt')).toEqual([]);
  });

  it('says that the picture is made while Discord does not take it', () => {
    const state = sampleWorking({ phase: 'undelivered' });
    const body = renderWorking(state);
    expect(body.embeds?.[0]?.description).toContain('The picture is made');
    const slot = { subject: state, working: state, draftedAt: 0, done: null, failed: null };
    const [line] = slotLines([slot], english, Date.now());
    expect(line).toContain('The picture is made');
  });
});

describe('a failed reply', () => {
  const kinds = Object.keys(english.failed.kinds) as FailureKind[];

  it.each(kinds)('has a sentence of its own for %s, and the id for the operator', (kind) => {
    const failure = sampleFailure(kind, {}, 'internal words that nobody should read');
    const embed = renderFailure({ id: 'ref1', subject: sampleSubject(), failure }, english)
      .embeds?.[0];
    expect(embed?.title).toBeTruthy();
    expect(embed?.description).toMatch(/\. |\.$/);
    expect(embed?.footer?.text).toBe(`${kind} · ref ref1`);
    expect(JSON.stringify(embed)).not.toContain('internal words');
  });

  it.each([
    ['user_open', 3, 0, 1, null, 'as soon as one of them is done'],
    ['user_pictures', 10, 0, 1, 1_800_000_000_000, 'It frees <t:1800000000:R>'],
    ['guild_cost', 2_000_000, 150_000, 200_000, 1_800_000_000_000, '$0.15 left'],
    ['bot_cost', 2_000_000, 9_000, 200_000, 1_800_000_000_000, '$0.00 left'],
    ['bot_pictures', 2, 2, 4, null, 'more than that'],
    ['user_cooldown', 30_000, 0, 0, 1_800_000_000_000, 'again <t:1800000000:R>'],
  ] as const)(
    'says which limit is in the way (%s)',
    (limit, value, left, asked, freesAt, words) => {
      const failure = new Failure('limit', '', {
        details: { refusal: { limit, value, left, asked, freesAt } },
      });
      const embed = renderFailure({ id: 'x', subject: null, failure }, english).embeds?.[0];
      expect(embed?.description).toContain(words);
    },
  );

  it('tells the kinds apart', () => {
    const titles = kinds.map((kind) => failureText(sampleFailure(kind), english).title);
    expect(new Set(titles).size).toBe(kinds.length);
  });

  it('quotes the model’s own words, escaped, and the reason', () => {
    const failure = new Failure('refused_image', '', {
      details: { words: 'I **cannot** do that', reason: 'IMAGE_SAFETY' },
    });
    const embed = renderFailure({ id: 'x', subject: null, failure }, english).embeds?.[0];
    expect(embed?.description).toContain('I \\*\\*cannot\\*\\* do that');
    expect(embed?.description).toContain('IMAGE\\_SAFETY');
  });

  it.each(FAILURE_PROBLEMS.not_shown)(
    'does not blame the model, nor ask it again, for a picture that Discord does not take (%s)',
    (problem) => {
      const failure = new Failure('not_shown', '', { details: { problem } });
      const subject = sampleWorking();
      const body = renderFailure({ id: 'x', subject, failure }, english);
      expect(body.embeds?.[0]?.description).toMatch(/made and (is )?whole.*`\/history`/);
      expect(body.components).toEqual([]);
    },
  );

  it.each(FAILURE_PROBLEMS.reference)(
    'names the file when a reference is at fault (%s)',
    (problem) => {
      const failure = new Failure('reference', '', { details: { file: 'cat.heic', problem } });
      const embed = renderFailure({ id: 'x', subject: null, failure }, english).embeds?.[0];
      expect(embed?.description).toContain('cat.heic');
    },
  );
});
