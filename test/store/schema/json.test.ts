import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import {
  FAILURE_PROBLEMS,
  type FailureKind,
  type Intent,
  type Reference,
} from '../../../src/domain.ts';
import {
  parseFailure,
  parseReferences,
  serializeReferences,
} from '../../../src/store/schema/json.ts';
import { NO_LIMITS, reply } from '../samples.ts';
import { openTestStore } from '../test-store.ts';

const facts = { name: 'a.png', contentType: 'image/png', bytes: 5 };
const given: Reference = { kind: 'attachment', url: 'https://cdn.example/a', ...facts };
const own: Reference = { kind: 'picture', generationId: 'made', url: null, ...facts };

describe('the references of a request', () => {
  it.each<[string, Reference[], Intent]>([
    ['of a file', [given], 'imagine'],
    ['of a file of unknown size', [{ ...given, contentType: null, bytes: null }], 'edit'],
    ['of our own picture', [own], 'enlarge'],
    ['of both', [{ ...own, url: 'https://cdn.example/own' }, given], 'edit'],
  ])('come back as they were written: %s', (_, references, intent) => {
    expect(parseReferences(serializeReferences(references, intent))).toEqual({
      references,
      intent,
    });
  });

  it('are written in a form that earlier versions read', () => {
    expect(JSON.parse(serializeReferences([{ ...own, bytes: null }], 'enlarge'))).toEqual([
      { ...facts, url: '', bytes: 0, generationId: 'made', enlarge: true },
    ]);
  });

  it.each([
    ['an enlargement', 'enlarge', '1:1', { url: '', generationId: 'made', enlarge: true }, own],
    ['an edit, which left the ratio to the model', 'edit', null, { url: given.url }, given],
    ['a prompt with a picture to go by', 'imagine', '1:1', { url: given.url }, given],
  ] as const)('of earlier versions are read as %s', async (_, intent, ratio, stored, read) => {
    const { store, file } = await openTestStore();
    await store.replies.admit(reply('old', { request: { ratio } }), NO_LIMITS);
    const database = new DatabaseSync(file);
    const text = JSON.stringify([{ ...facts, ...stored }]);
    database.prepare('update generations set reference_files = ?').run(text);
    database.close();
    const generation = await store.generations.get('old-0');
    expect(generation).toMatchObject({ damaged: false, request: { intent, references: [read] } });
  });

  it.each(['[{}]', '{}', '[{"url":1,"name":"a","bytes":1}]', 'null', 'no JSON'])(
    'are nothing where they cannot be read: %s',
    (text) => {
      expect(parseReferences(text)).toBeNull();
    },
  );
});

describe('a command that this version does not know', () => {
  it('counts as an edit', async () => {
    const { store, file } = await openTestStore();
    await store.replies.admit(reply('odd'), NO_LIMITS);
    const database = new DatabaseSync(file);
    database.exec("update replies set command = 'remix'");
    database.close();
    expect(await store.replies.get('odd')).toMatchObject({ command: 'edit' });
  });
});

describe('why a generation failed', () => {
  const kinds = Object.keys(FAILURE_PROBLEMS) as FailureKind[];

  it.each(kinds)('comes back as it was written, whatever is known of it: %s', (kind) => {
    for (const problem of FAILURE_PROBLEMS[kind]) {
      // The fitter's own word, which no generation ends with: older rows have it for `not_shown`.
      if (kind === 'bad_answer' && problem === 'cannot_fit') continue;
      const details = { problem, reason: 'SAFETY', attempts: 2, status: 429, retryAfterMs: 5 };
      expect(parseFailure(kind, JSON.stringify(details))).toEqual({ kind, details });
    }
  });

  it.each([
    ['bad_answer', 'cannot_fit', 'cannot_fit'],
    ['bad_answer', 'not_taken', 'not_taken'],
    ['timeout', 'unreachable', 'unreachable'],
    ['internal', 'not_shown', 'send_failed'],
  ])('of earlier versions is a picture that was not shown: %s, %s', (kind, problem, now) => {
    const details = { problem, attempts: 1 };
    expect(parseFailure(kind, JSON.stringify(details))).toEqual({
      kind: 'not_shown',
      details: { problem: now, attempts: 1 },
    });
  });

  it.each(kinds)(
    'is still its kind without its details, and with ones nobody knows: %s',
    (kind) => {
      const needsProblem = ['reference', 'limit', 'not_shown'].includes(kind);
      const details = needsProblem ? { problem: 'other' } : {};
      for (const text of [null, 'no JSON', '[]', '{"problem":"from-tomorrow","attempts":"two"}']) {
        expect(parseFailure(kind, text)).toEqual({ kind, details });
      }
    },
  );

  it('is a fault of ours by a kind that this version does not know', () => {
    for (const kind of ['from-tomorrow', 'toString', '']) {
      expect(parseFailure(kind, '{"words":"no"}')).toEqual({
        kind: 'internal',
        details: { words: 'no' },
      });
    }
  });
});
