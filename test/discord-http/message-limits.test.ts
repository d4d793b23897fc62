import { checkModal, checkReplyEdit } from '@darkroom/sandbox/discord';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editForm } from '../../commands/picture/edit-form.ts';
import { settingsForm } from '../../commands/settings/form.ts';
import type { OperatorSettings } from '../../src/admission/effective-settings.ts';
import { withinLimits } from '../../src/discord-http/message-limits.ts';
import {
  ASPECT_RATIOS,
  type FailureKind,
  type GenerationRequest,
  IMAGE_SIZES,
} from '../../src/domain.ts';
import type { Subject } from '../../src/generation/live-reply.ts';
import { deletePage } from '../../src/pages/delete-page.ts';
import { detailsPage } from '../../src/pages/details-page.ts';
import { forgetAnswer, forgetQuestion } from '../../src/pages/forget-page.ts';
import { historyPage } from '../../src/pages/history-page.ts';
import {
  readWritten,
  SETTING_NAMES,
  settingsPage,
  settingsRefusedPage,
} from '../../src/pages/settings-page.ts';
import { thinkingPage } from '../../src/pages/thinking-page.ts';
import { limitsLeftText, usagePage } from '../../src/pages/usage-page.ts';
import { renderFailure } from '../../src/reply/render/render-failure.ts';
import { renderReply } from '../../src/reply/render/render-reply.ts';
import type {
  HistoryPage,
  SettingsChangeRecord,
  StoredGeneration,
  StoredReply,
} from '../../src/store/store.ts';
import { english, type LeftOut } from '../../src/texts/english.ts';
import { renderDone, renderWorking } from '../reply/render/single-reply.ts';
import {
  sampleDone,
  sampleFailure,
  sampleRequest,
  sampleSubject,
  sampleWorking,
} from '../support/samples.ts';
import { settingsOfAnyKind } from '../support/settings.ts';

const NOW = 1_800_000_000_000;
const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
/** What people, models and providers write, at its longest and at its most awkward to escape. */
const piece = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  fc.constantFrom('*', '`', '```', '\\', '<@1>', '🎨', '\u0301', '\n', 'a b '),
);
const words = fc
  .tuple(piece, fc.nat(4_000))
  .map(([text, times]) => text.repeat(Math.ceil(times / text.length)).slice(0, 4_000));
const someName = fc.constantFrom(...SETTING_NAMES);

const operators: fc.Arbitrary<OperatorSettings> = fc.record({
  defaults: settingsOfAnyKind,
  bot: fc.record({
    picturesPerDay: fc.option(count, { nil: null }),
    costMicrosPerDay: fc.option(count, { nil: null }),
  }),
  prices: fc.record({
    flash: fc.constantFrom(null, { input: 1, text: 1, image: 1 }),
    pro: fc.constantFrom(null, { input: 1, text: 1, image: 1 }),
  }),
});
/** Some settings of a server's own; the rest follow the operator. */
const overrides = fc
  .tuple(settingsOfAnyKind, fc.subarray([...SETTING_NAMES]))
  .map(([all, own]) => Object.fromEntries(own.map((name) => [name, all[name]])));
const changes: fc.Arbitrary<SettingsChangeRecord[]> = fc.array(
  fc
    .tuple(fc.oneof(someName, words), settingsOfAnyKind, fc.boolean())
    .map(([name, all, known]) => ({
      name: name as never,
      from: known ? (all[name as 'models'] ?? name) : undefined,
      to: all[name as 'models'] ?? name,
      userId: known ? '1234567890123456789' : null,
      changedAt: NOW,
    })),
  { maxLength: 10 },
);

const requests: fc.Arbitrary<GenerationRequest> = words.map((prompt) => sampleRequest({ prompt }));
const subjects: fc.Arbitrary<Subject> = requests.map((request) => {
  const id = '1234567890123456789';
  const message = { guildId: id, channelId: id, messageId: id, ephemeral: false };
  return sampleSubject({ request, origin: { kind: 'edit', message, number: 4 } });
});
const image = { path: '/p', bytes: 24_100_000, mime: 'image/png', width: 2_752, height: 1_536 };
const usages = fc.record({
  promptTokens: fc.option(count, { nil: null }),
  imageTokens: count,
  thoughtTokens: count,
  totalTokens: count,
});

const generations = fc
  .record({ request: fc.option(requests, { nil: null }), usage: usages, costMicros: count })
  .map(
    (about) =>
      ({
        ...{ id: '8hmyz0k0nm9j', replyId: 'r', position: 3, state: 'delivered', model: 'pro' },
        ...{ size: '4K', createdAt: NOW, image, attachment: null, failure: null, ...about },
      }) as unknown as StoredGeneration,
  );
const replies = fc.array(generations, { minLength: 1, maxLength: 4 }).map(
  (made) =>
    ({
      ...{ id: 'r', command: 'edit', origin: { replyId: 'x', generationId: 'y' }, erasedAt: null },
      ...{ guildId: '1234567890123456789', channelId: '1234567890123456789' },
      ...{ messageId: '1234567890123456789', ephemeral: false, generations: made },
    }) as unknown as StoredReply,
);
const totals = fc.record({
  pictures: count,
  failures: count,
  totalTokens: count,
  costMicros: count,
}) as fc.Arbitrary<never>;

/** A shrunk case of long texts is as long, and takes a minute to find. */
const RUNS = { numRuns: 40, endOnFailure: true };

describe('no page passes a limit of Discord’s', () => {
  it('of settings, whatever a server and the operator set', () => {
    fc.assert(
      fc.property(operators, overrides, changes, (operator, own, audit) => {
        checkReplyEdit(settingsPage(operator, own, audit, english));
      }),
      RUNS,
    );
  });

  it('of a form that was not taken, and what was written comes back from it, or it says so', () => {
    fc.assert(
      fc.property(someName, words, words, (name, reason, written) => {
        const page = settingsRefusedPage(name, `x${reason}`, written, english);
        checkReplyEdit(page);
        const back = readWritten(page.embeds.map(({ description }) => description));
        const isTold = page.embeds[0]?.description?.includes('too long to be shown') ?? false;
        const isKept = back === written.replaceAll('\u200B', '');
        expect(isKept || isTold || written.trim() === '').toBe(true);
      }),
      RUNS,
    );
  });

  it('of usage and limits', () => {
    const limit = fc.option(count, { nil: null });
    const limits = fc.record({
      ...{ userOpen: limit, userPicturesPerDay: limit, userCooldownMs: limit },
      ...{ guildPicturesPerDay: limit, guildCostMicrosPerDay: limit },
      ...{ botPicturesPerDay: limit, botCostMicrosPerDay: limit },
    });
    fc.assert(
      fc.property(limits, totals, count, fc.boolean(), (held, sums, used, isExempt) => {
        const taken = {
          user: { open: used, pictures: used, lastAdmittedAt: NOW },
          guild: { pictures: used, costMicros: used },
          bot: { pictures: used, costMicros: used },
        } as never;
        const at = { now: NOW, renewedAt: NOW, texts: english };
        const left = limitsLeftText({ limits: held, taken, isExempt }, at);
        const topUsers = Array.from({ length: 10 }, () => ({
          ...(sums as object),
          userId: '1234567890123456789',
        })) as never;
        const chart = { name: 'usage.png', mime: 'image/png', bytes: new Uint8Array(1), alt: 'x' };
        const own = { today: sums, month: sums, left };
        const guild = { today: sums, month: sums, days: sums, topUsers, chart };
        checkReplyEdit(usagePage(own, guild, { costKnown: true, texts: english }));
      }),
      RUNS,
    );
  });

  it('of history, details, thinking, deletion and being forgotten', () => {
    fc.assert(
      fc.property(replies, fc.array(words, { maxLength: 4 }), count, (reply, texts, number) => {
        const [generation] = reply.generations;
        if (generation === undefined) return;
        const entry = { generation, reply, thumbnail: new Uint8Array(1) };
        const entries = Array.from({ length: 5 }, () => entry);
        const page = { entries, newer: true, older: true } as unknown as HistoryPage;
        const options = { kept: new Map([[generation.id, NOW]]), retentionDays: number };
        const shown = historyPage(page, { ...options, texts: english });
        // One picture has five places here, and its buttons would have one id.
        checkReplyEdit({ embeds: shown.embeds });
        checkReplyEdit(
          detailsPage(
            reply,
            Array.from({ length: 12 }, () => entry),
            english,
          ),
        );
        checkReplyEdit({ embeds: thinkingPage(texts, reply, english).embeds });
        checkReplyEdit(deletePage(reply.id, english));
        checkReplyEdit(forgetQuestion(english));
        checkReplyEdit(forgetAnswer({ state: 'done', erased: number }, english));
      }),
      RUNS,
    );
  });

  it('of a reply at any point of its way', () => {
    const kinds = fc.constantFrom<FailureKind>(
      ...(['refused_prompt', 'no_image', 'rejected', 'reference', 'limit', 'internal'] as const),
    );
    fc.assert(
      fc.property(
        subjects,
        words,
        words,
        kinds,
        usages,
        count,
        (subject, one, other, kind, usage, cost) => {
          const thought = { heading: one, words: other };
          const working = { ...sampleWorking({ thought }), ...subject };
          checkReplyEdit(renderWorking(working, NOW).body);
          const done = { ...sampleDone(image, { usage, costMicros: cost }), ...subject };
          checkReplyEdit(renderDone(done).body);
          const details = { reason: one, words: other, file: one };
          const failure = sampleFailure(kind, details);
          const failed = { id: subject.id, subject, failure };
          checkReplyEdit(renderFailure(failed, english));
          // What was typed comes back where nothing was begun, so there is nothing else to quote.
          checkReplyEdit(renderFailure({ ...failed, subject: null, typed: other }, english));
          const slots = Array.from({ length: 4 }, (_, index) => ({
            subject: { ...subject, id: `${subject.id}${index}` },
            working,
            draftedAt: 0,
            done: null,
            failed: index === 3 ? failed : null,
          }));
          const look = {
            arriving: null,
            isPrivate: false,
            isClosing: false,
            texts: english,
            now: NOW,
          };
          checkReplyEdit(renderReply(slots, look).body);
          const lost = slots.map((slot) => ({
            ...slot,
            failed: { ...failed, id: slot.subject.id },
          }));
          checkReplyEdit(renderReply(lost, look).body);
        },
      ),
      RUNS,
    );
  });

  it('of whatever nobody foresaw, which is shortened before it is sent', () => {
    const long = fc
      .tuple(words, fc.nat(3))
      .map(([text, times]) => `x${text.repeat(times + 1)}`.slice(0, 9_000));
    const embeds = fc.array(
      fc.record({
        title: long,
        description: long,
        fields: fc.array(fc.record({ name: long, value: long }), { maxLength: 30 }),
        footer: fc.record({ text: long }),
      }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(embeds, long, (many, content) => {
        const file = { id: '0', filename: 'a.png', description: content };
        checkReplyEdit(withinLimits({ content, embeds: many, attachments: [file] }));
      }),
      RUNS,
    );
  });
});

describe('no form passes a limit of Discord’s', () => {
  it('of settings, whatever a server and the operator set, and whatever was written before', () => {
    const written = fc.option(words, { nil: null });
    fc.assert(
      fc.property(someName, operators, overrides, written, (name, operator, own, before) => {
        const state = { operator, overrides: own, written: before };
        checkModal(settingsForm(name, state, english).toJSON());
      }),
      { ...RUNS, numRuns: 200 },
    );
  });

  it('of what should be different, whatever was written and whatever a message shows', () => {
    const shown = fc.record({
      taken: fc.integer({ min: 1, max: 10 }),
      leftOut: fc.array(
        fc.constantFrom<LeftOut>('elsewhere', 'sticker', 'other_file', 'too_many'),
        {
          maxLength: 120,
        },
      ),
    });
    const anyDefaults = fc.record({
      instruction: fc.oneof(words, fc.constant('')),
      ratio: fc.constantFrom(null, ...ASPECT_RATIOS),
      size: fc.constantFrom(...IMAGE_SIZES),
      model: fc.constantFrom('flash' as const, 'pro' as const),
      needsPicture: fc.boolean(),
      pictures: shown,
    });
    const allowed = settingsOfAnyKind.filter(({ models }) => models.length > 0);
    fc.assert(
      fc.property(anyDefaults, allowed, (defaults, settings) => {
        const customId = `change:private:redo:8hmyz0k0nm9j:4`;
        checkModal(editForm({ ...defaults, customId }, settings, english).toJSON());
      }),
      { ...RUNS, numRuns: 200 },
    );
  });
});
