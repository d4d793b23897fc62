import { describe, expect, it } from 'vitest';
import { ReplyError } from '../../src/discord-http/errors.ts';
import type { ReplyRest } from '../../src/discord-http/rest.ts';
import { Pages } from '../../src/pages/pages.ts';
import { english } from '../../src/texts/english.ts';
import { sampleTarget, silentLog } from '../support/samples.ts';

const page = {
  embeds: [{ description: 'hello' }],
  files: [{ name: 'a.png', mime: 'image/png', bytes: new Uint8Array([1, 2]), alt: 'two bytes' }],
};

/** A way out that notes what is asked of it; whatever a test does not name fails it. */
function restThat(methods: Partial<ReplyRest>) {
  return new Pages({ rest: methods as ReplyRest, log: silentLog, texts: english });
}

const refusal = (kind: 'gone' | 'expired' | 'rejected') =>
  new ReplyError(kind, { message: kind, method: 'PATCH', route: '/webhooks' });

describe('a page', () => {
  it('replaces all of the message, with its files described and nobody pinged', async () => {
    const asked: unknown[] = [];
    const sent = { message: null, remaining: null, resetAfterMs: null };
    const pages = restThat({
      editOriginal: async (_target, body, uploads) => {
        asked.push(body, uploads);
        return sent;
      },
    });
    await pages.show(sampleTarget(), page);
    expect(asked[0]).toEqual({
      content: '',
      embeds: page.embeds,
      components: [],
      attachments: [{ id: '0', filename: 'a.png', description: 'two bytes' }],
      allowed_mentions: { parse: [] },
    });
    expect(asked[1]).toMatchObject([{ name: 'a.png', mime: 'image/png' }]);
  });

  it.each(['gone', 'expired'] as const)(
    'never goes to the channel when its message is %s',
    async (kind) => {
      // No other method exists here: an attempt to post elsewhere would throw.
      const pages = restThat({ editOriginal: () => Promise.reject(refusal(kind)) });
      await expect(pages.show(sampleTarget(), page)).resolves.toBeUndefined();
    },
  );

  it('comes with its words in a file when Discord refuses them', async () => {
    const asked: { body: unknown; texts: string[] }[] = [];
    const pages = restThat({
      editOriginal: async (_target, body, uploads = []) => {
        const texts = uploads.map((file) =>
          'bytes' in file ? Buffer.from(file.bytes).toString() : '',
        );
        asked.push({ body, texts });
        if (JSON.stringify(body).includes('forbidden')) throw refusal('rejected');
        return { message: null, remaining: null, resetAfterMs: null };
      },
    });
    const fields = [{ name: 'Prompt', value: 'a forbidden\\_fox' }];
    const files = [{ ...page.files[0], alt: 'a forbidden fox' } as (typeof page.files)[0]];
    const components = [{ type: 1 as const, components: [] }];
    await pages.show(sampleTarget(), { embeds: [{ title: 'Details', fields }], components, files });
    expect(asked).toHaveLength(2);
    expect(asked[1]?.texts[0]).toBe('Details\nPrompt: a forbidden_fox');
    expect(asked[1]?.body).toMatchObject({
      components,
      attachments: [{ filename: 'text.md' }, { filename: 'a.png', description: '' }],
    });
  });

  it('says so to its caller when Discord does not take it', async () => {
    const pages = restThat({ editOriginal: () => Promise.reject(refusal('rejected')) });
    await expect(pages.show(sampleTarget(), page)).rejects.toMatchObject({ kind: 'rejected' });
  });

  it('is private when it is added', async () => {
    let flags: unknown;
    const pages = restThat({
      followUp: async (_target, body) => {
        flags = body.flags;
        return { message: null, remaining: null, resetAfterMs: null };
      },
    });
    await pages.add(sampleTarget(), page);
    expect(flags).toBe(64);
  });
});
