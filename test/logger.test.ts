import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLogger, describeError, openPrettyOutput } from '../src/logger.ts';

/** Beyond the ends of lines. */
const CONTROLS = /(?![\n\t])\p{Cc}|\u202E/u;

function capture() {
  const lines: string[] = [];
  const log = createLogger({
    level: 'info',
    secrets: ['bot-token-value', 'sk-key-value'],
    destination: { write: (line: string) => void lines.push(line) },
  });
  return { log, text: () => lines.join('') };
}

describe('the logger', () => {
  it('redacts members that hold secrets', () => {
    const { log, text } = capture();
    log.info({ interactionToken: 'aaa', target: { interactionToken: 'bbb' } }, 'hello');
    expect(text()).toContain('hello');
    expect(text()).not.toMatch(/aaa|bbb/);
  });

  it('finds a secret wherever it slipped in', () => {
    const { log, text } = capture();
    log.info('login with bot-token-value');
    log.error({ err: new Error('GET /x?alt=sse&key=sk-key-value failed') }, 'no');
    log.warn('PATCH /webhooks/123/aW50ZXJhY3Rpb246MTIzNDU2Nzg5/messages/@original');
    log.warn('POST https://example.com/v1?key=another-unknown-key&alt=sse');
    expect(text()).not.toMatch(/bot-token-value|sk-key-value|aW50ZXJhY3Rpb246|another-unknown-key/);
    expect(
      text()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).level),
    ).toEqual([30, 50, 40, 40]);
  });

  it('keeps of an error what helps, and neither its address nor its body', () => {
    const error = Object.assign(new Error('Unknown Webhook'), {
      code: 10_015,
      status: 404,
      url: 'https://discord.com/api/webhooks/1/secret',
      requestBody: { files: [Buffer.alloc(10)] },
    });
    const described = describeError(new Error('outer', { cause: error }));
    expect(described).toMatchObject({
      message: 'outer',
      cause: { message: 'Unknown Webhook', code: 10_015, status: 404 },
    });
    expect(JSON.stringify(described)).not.toMatch(/secret|requestBody/);
  });

  const hostile = '\u001B[2J\u001B]0;owned\u0007\u009B31m\u202E\rx';

  it('writes nothing that a terminal would act upon', () => {
    const { log, text } = capture();
    log.error({ err: new Error(hostile), prompt: hostile }, hostile);
    expect(text()).not.toMatch(CONTROLS);
    expect(JSON.parse(text())).toMatchObject({ prompt: hostile, msg: hostile });
  });

  it('writes nothing of the kind for people either', async () => {
    const written: string[] = [];
    const output = new Writable({
      write(chunk, _encoding, done) {
        written.push(String(chunk));
        done();
      },
    });
    const destination = await openPrettyOutput(output);
    const log = createLogger({ level: 'info', secrets: [], destination });
    log.error({ err: new Error(hostile), prompt: hostile, [hostile]: 1 }, hostile);
    await expect.poll(() => written.join('')).toContain('owned');
    expect(written.join('')).not.toMatch(CONTROLS);
  });
});
