import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/domain.ts';
import { type Look, renderReply } from '../../../src/reply/render/render-reply.ts';
import type { SlotState } from '../../../src/reply/render/slot.ts';
import { english } from '../../../src/texts/english.ts';
import { sampleDone, sampleFailure, sampleSubject, sampleWorking } from '../../support/samples.ts';

const image = { path: '/p', bytes: 24_100_000, mime: 'image/png', width: 2_752, height: 1_536 };
const draft = new Uint8Array([1, 2, 3]);

const empty = (id: string): SlotState => {
  return { subject: sampleSubject({ id }), working: null, draftedAt: 0, done: null, failed: null };
};
const working = (id: string, change: Partial<SlotState> = {}): SlotState => {
  return { ...empty(id), working: sampleWorking({ id }), ...change };
};
const drafted = (id: string, draftedAt: number) =>
  working(id, { working: sampleWorking({ id, draft }), draftedAt });
const done = (id: string, attachmentId: string | null = `9${id}`): SlotState => {
  const sent = { name: `darkroom-${id}.png`, mime: 'image/png', bytes: image.bytes };
  const attachment = { id: attachmentId, ...sent };
  return { ...empty(id), done: { state: sampleDone(image, { id }), attachment, sent } };
};
const failed = (id: string, problem?: 'cannot_fit'): SlotState => {
  const failure = problem ? sampleFailure('not_shown', { problem }) : sampleFailure('bad_answer');
  return { ...empty(id), failed: { id, subject: sampleSubject({ id }), failure } };
};

function render(slots: SlotState[], look: Partial<Look> = {}) {
  const still = { arriving: null, isPrivate: false, isClosing: false, now: 1_800_000_000_000 };
  return renderReply(slots, { ...still, texts: english, ...look });
}
const wordsOf = (...given: Parameters<typeof render>) =>
  render(...given).body.embeds?.[0]?.description ?? '';
const idsOf = (...given: Parameters<typeof render>) =>
  (render(...given).body.components ?? []).map((row) =>
    'components' in row
      ? row.components.map((one) => ('custom_id' in one ? one.custom_id : ''))
      : [],
  );

describe('a gallery', () => {
  it('shows how far along each is on the scale of a single picture, and never claims to be done', () => {
    const NOW = 1_800_000_000_000;
    const at = (since: number, change = {}) =>
      working('a', {
        working: sampleWorking({ id: 'a', runningSince: since, usualMs: 20_000, ...change }),
      });
    expect(wordsOf([at(NOW - 10_000), working('b')])).toContain('**1** · 50 % · Thinking it');
    expect(wordsOf([at(NOW - 90_000), working('b')])).toContain('**1** · 95 % · ');
    expect(wordsOf([at(NOW, { phase: 'preparing' }), working('b')])).toContain('Preparing');
    expect(wordsOf([at(NOW, { phase: 'drawing' }), working('b')])).toContain('coming up');
    expect(wordsOf([at(NOW, { phase: 'paused' }), working('b')])).not.toContain('%');
  });

  it('shows the newest draft small beside the pictures that are there', () => {
    const { body, uploads } = render([done('a'), drafted('b', 2), drafted('c', 3), working('d')]);
    expect(uploads).toEqual([{ bytes: draft, name: 'draft-c.webp', mime: 'image/webp' }]);
    expect(body.embeds?.[0]?.thumbnail?.url).toBe('attachment://draft-c.webp');
    expect(body.attachments).toEqual([
      { id: '9a' },
      { id: '0', filename: 'draft-c.webp', description: english.working.draft },
    ]);
  });

  it('takes the draft away with the next state, and keeps the pictures', () => {
    const { body, uploads } = render([done('a'), working('b')]);
    expect(uploads).toEqual([]);
    expect(body.attachments).toEqual([{ id: '9a' }]);
  });

  it('leaves all files as they are where Discord did not tell what they are', () => {
    const { body, uploads } = render([done('a', null), drafted('b', 2)]);
    expect(uploads).toEqual([]);
    expect(body).not.toHaveProperty('attachments');
  });

  it('says of each picture how it was sent, where that is not how it was made', () => {
    const slot = done('a');
    const sent = { mime: 'image/jpeg', bytes: 8_900_000, quality: 92, width: 2_752, height: 1_536 };
    const as = (change: object) =>
      wordsOf([
        { ...slot, done: slot.done && { ...slot.done, sent: { ...sent, ...change } } },
        done('b'),
      ]);
    expect(as({})).toContain('done in 12.3 s · sent as JPEG 92, 8.9 MB; made as PNG 24.1 MB');
    expect(as({ width: 1_376, height: 768 })).toContain('sent as JPEG 92 (1376×768), 8.9 MB');
    // After a restart the store knows no more.
    expect(as({ quality: undefined })).toContain('sent as JPEG, 8.9 MB; made as PNG 24.1 MB');
    expect(wordsOf([slot, done('b')])).not.toContain('sent as');
  });

  it('says once for all of them what came, or in the line of each where they differ', () => {
    const footerOf = (slots: SlotState[]) => render(slots).body.embeds?.[0]?.footer?.text;
    const made = (id: string, width: number, height: number) => {
      const slot = done(id);
      const state = sampleDone({ ...image, width, height }, { id });
      return { ...slot, done: slot.done && { ...slot.done, state } };
    };
    const squares = [made('a', 1_024, 1_024), made('b', 1_024, 1_024), failed('c')];
    expect(footerOf(squares)).toContain(
      'Pro 3 · 1:1 · 1K (1024×1024) · asked for 16:9 2K · 2 of 3',
    );
    expect(wordsOf(squares)).not.toContain('1024');
    const mixed = [made('a', 1_024, 1_024), made('b', 2_752, 1_536)];
    expect(footerOf(mixed)).toMatch(/^Pro 3 · 2 pictures/);
    expect(wordsOf(mixed)).toContain(
      '**1** · done in 12.3 s · 1:1 · 1K (1024×1024) · asked for 16:9 2K\n',
    );
    expect(wordsOf(mixed)).toContain('**2** · done in 12.3 s · 16:9 · 2K (2752×1536)');
    expect(footerOf([failed('a'), failed('b')])).toMatch(/^Pro 3 · 16:9 · 2K · /);
  });

  it('offers of each picture what is larger than its own file', () => {
    const square = done('a');
    const state = sampleDone({ ...image, width: 1_024, height: 1_024 }, { id: 'a' });
    const slots = [{ ...square, done: square.done && { ...square.done, state } }, done('b')];
    const values = [...JSON.stringify(render(slots).body).matchAll(/enlarge:(\w:\dK)/g)];
    expect(values.map(([, value]) => value)).toEqual(['a:2K', 'a:4K', 'b:4K']);
  });

  it('sums what its pictures took, as far as the model said so', () => {
    const took = (id: string, thoughtTokens: number) => {
      const usage = { promptTokens: null, imageTokens: 1_120, thoughtTokens, totalTokens: null };
      const slot = done(id);
      return {
        ...slot,
        done: slot.done && { ...slot.done, state: sampleDone(image, { id, usage }) },
      };
    };
    const { body } = render([took('a', 200), took('b', 64), failed('c')]);
    expect(body.embeds?.[0]?.footer?.text).toContain(
      'tokens: ? prompt, 2,240 image, 264 thinking, ? total',
    );
  });

  it('says of each that found the model busy when the provider wants to be asked again', () => {
    const busy = (id: string, retryAfterMs?: number): SlotState => {
      const failure = new Failure('busy', '', { details: retryAfterMs ? { retryAfterMs } : {} });
      return { ...empty(id), failed: { id, subject: sampleSubject({ id }), failure } };
    };
    const lines = wordsOf([busy('a', 50_400_000), busy('b')]).split('\n');
    expect(lines.find((line) => line.includes('ref a'))).toContain('Try again in about 14 hours');
    expect(lines.find((line) => line.includes('ref b'))).not.toContain('Try again');
  });

  it('says where a picture is that does not fit, and does not offer to pay for it again', () => {
    expect(wordsOf([failed('a', 'cannot_fit'), done('b')])).toMatch(/does not fit.*`\/history`/);
    const ids = idsOf([failed('a', 'cannot_fit'), done('b')]);
    expect(JSON.stringify(ids)).not.toContain(':a"');
    // All for once more would be this one, too.
    expect(ids.at(-1)).toEqual(['thinking:reply1234567', 'delete:reply1234567']);
  });

  it('says before it can be written no more where the rest will be', () => {
    const slots = [done('a'), drafted('b', 1)];
    const { body, uploads } = render(slots, { isClosing: true, isPrivate: true });
    expect(body.embeds?.[0]?.description).toContain(english.working.closing);
    expect(uploads).toEqual([]);
    expect(idsOf(slots, { isClosing: true, isPrivate: true })).toEqual([
      ['edit:a', 'again:reply1234567:a', 'enlarge:a:4K'],
      ['thinking:reply1234567'],
    ]);
    expect(idsOf([working('a'), working('b')], { isClosing: true })).toEqual([]);
  });

  it('has a row of buttons for each picture that was made, as a choice would fire only once', () => {
    expect(idsOf([done('a'), failed('b'), done('c'), done('d')])).toEqual([
      ['edit:a', 'again:reply1234567:a', 'enlarge:a:4K'],
      ['edit:c', 'again:reply1234567:c', 'enlarge:c:4K'],
      ['edit:d', 'again:reply1234567:d', 'enlarge:d:4K'],
      ['again:reply1234567:b'],
      ['again:reply1234567', 'thinking:reply1234567', 'delete:reply1234567'],
    ]);
  });
});
