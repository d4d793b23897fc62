import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { Intent, Reference } from '../../../src/domain.ts';
import { parseReferences, serializeReferences } from '../../../src/store/schema/json.ts';
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
