import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Reading, readBody } from '../support/read.ts';
import { ended, event, FOX, inline, OWL, parts, THINKING, USAGE } from '../support/wire-shapes.ts';

const PING = ': PING\n\n';
const SECOND = 1_000;
const DRAFT = event(parts({ thought: true, ...inline(OWL) }));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** An answer whose connection stays open, whatever was said. */
function startReading() {
  const body = new Readable({ read() {} });
  let reading: Reading | null = null;
  const ending = readBody(body).then((ended) => {
    reading = ended;
  });
  // Streams hand their chunks on in a few turns of the event loop.
  const settle = async () => {
    for (let turn = 0; turn < 10; turn++) await setImmediate();
  };
  return {
    async say(text: string) {
      body.push(text);
      await settle();
    },
    /** Seconds that pass, with a gateway's ping every ten if wished. */
    async pass(seconds: number, options: { pings?: boolean } = {}) {
      for (let at = 0; at < seconds && reading === null; at += 10) {
        vi.advanceTimersByTime(Math.min(10, seconds - at) * SECOND);
        await settle();
        if (options.pings && !body.destroyed) body.push(PING);
        await settle();
      }
    },
    isOver: () => reading !== null,
    async end(): Promise<Reading> {
      if (!body.destroyed) body.push(null);
      await ending;
      if (reading === null) throw new Error('the reading has not ended');
      return reading;
    },
  };
}

describe('an answer whose connection stays open', () => {
  it.each([
    ['a picture and its end', event(ended('STOP', inline(FOX)))],
    ['a picture and the usage', event(parts(inline(FOX))) + event(USAGE)],
    ['a refused picture', event(ended('IMAGE_SAFETY'))],
    ['a refused prompt', event({ promptFeedback: { blockReason: 'OTHER' } })],
    ['an error', event({ error: { code: 400, message: 'no', status: 'INVALID_ARGUMENT' } })],
  ])('ends after 30 s of nothing but pings behind %s', async (_, text) => {
    const answer = startReading();
    await answer.say(text);
    await answer.pass(20, { pings: true });
    expect(answer.isOver()).toBe(false);
    await answer.pass(20, { pings: true });
    expect(answer.isOver()).toBe(true);
    await answer.end();
  });

  it('waits for the picture behind an unflagged draft', async () => {
    const answer = startReading();
    await answer.say(event(parts(inline(OWL))));
    await answer.pass(120, { pings: true });
    await answer.say(event(ended('STOP', inline(FOX))));
    expect((await answer.end()).picture?.equals(FOX)).toBe(true);
  });

  it.each([
    ['thought', event(ended('STOP', { text: 'hm', thought: true }))],
    ['draft', event(ended('STOP', { thought: true, ...inline(OWL) }))],
  ])('waits for the picture behind a %s that was said to be the end', async (_, text) => {
    const answer = startReading();
    await answer.say(text);
    await answer.pass(120);
    await answer.say(event(ended('STOP', inline(FOX))));
    expect((await answer.end()).picture?.equals(FOX)).toBe(true);
  });

  it.each([
    ['a picture alone', event(parts(inline(FOX))), FOX],
    ['a draft and its end', event(ended('STOP', { thought: true, ...inline(OWL) })), OWL],
  ])('ends after 3 min with %s', async (_, text, picture) => {
    const answer = startReading();
    await answer.say(text);
    await answer.pass(190, { pings: true });
    expect(answer.isOver()).toBe(true);
    expect((await answer.end()).picture?.equals(picture)).toBe(true);
  });

  it('begins to wait anew with everything that says something', async () => {
    const answer = startReading();
    await answer.say(event(ended('STOP', inline(OWL))));
    await answer.pass(20);
    const text = event(parts(inline(FOX)));
    await answer.say(text.slice(0, 200));
    await answer.pass(20);
    await answer.say(text.slice(200));
    await answer.pass(20);
    await answer.say(event(USAGE));
    const { events, picture } = await answer.end();
    expect(picture?.equals(FOX)).toBe(true);
    expect(events.map(({ type }) => type)).toContain('usage');
  });

  it('ends a second behind [DONE], whatever was said before', async () => {
    const texts = [
      event(parts(inline(FOX))),
      event(ended('STOP', { text: 'No.' })),
      event(parts({ text: 'No.' })),
      event(THINKING),
      DRAFT,
      '',
    ];
    for (const text of texts) {
      const answer = startReading();
      await answer.say(`${text}data: [DONE]\n\n`);
      expect(answer.isOver()).toBe(false);
      await answer.pass(1);
      expect(answer.isOver()).toBe(true);
      await answer.end();
    }
  });

  it('is waited for as any answer while nothing has ended', async () => {
    for (const text of [event(THINKING), DRAFT]) {
      const answer = startReading();
      await answer.say(text);
      await answer.pass(290);
      expect(answer.isOver()).toBe(false);
      expect((await answer.end()).failure?.kind).toBe('cut');
    }
  });
});
