import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findActor } from '../actor.ts';
import { runInteractive } from '../interactive.ts';
import { type RunOptions, type RunResult, runOnce } from '../run-once.ts';
import { BotError, type Sandbox, startSandbox } from '../sandbox.ts';

let sandbox: Sandbox;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sandbox-test-'));
  sandbox = await startSandbox();
});
afterAll(async () => {
  await sandbox.close();
  await rm(directory, { recursive: true });
});

const run = (line: string, options: Partial<RunOptions> = {}): Promise<RunResult> =>
  runOnce(sandbox, {
    line,
    attach: {},
    actor: findActor(sandbox.discord, 'member', null, null),
    out: null,
    timeoutMs: 30_000,
    ...options,
  });

describe('one command', () => {
  it('ends with the picture, the footer and the requests that the model saw', async () => {
    const result = await run('/imagine prompt:"a boat" ratio:16:9 model:Pro', { out: directory });
    expect(result).toMatchObject({
      ok: true,
      kind: null,
      files: [{ mime: 'image/png', width: 1376, height: 768 }],
      requests: [
        { model: 'gemini-3-pro-image-preview', ratio: '16:9', size: '1K', prompt: 'a boat' },
      ],
    });
    expect(result.footer).toMatch(/1,120 image/);
    expect(result.states[0]).toBe('Darkroom is thinking…');
    const { path, bytes } = result.files[0] ?? {};
    expect((await readFile(path ?? '')).length).toBe(bytes);
  });

  it('shows several thoughts on the way at a person’s pace', async () => {
    sandbox.gemini.controls.pace = 1;
    const { states } = await run('/imagine prompt:"a boat on a lake"');
    sandbox.gemini.controls.pace = 0;
    const headings = states.flatMap((state) => /\*\*(.+)\*\*/.exec(state)?.[1] ?? []);
    expect(new Set(headings).size).toBeGreaterThanOrEqual(2);
  });

  it('gives a file to the model byte for byte', async () => {
    const photo = join(directory, 'photo.jpg');
    const colour = { width: 60, height: 40, channels: 3, background: '#336699' } as const;
    const bytes = await sharp({ create: colour }).jpeg().toBuffer();
    await writeFile(photo, bytes);
    const { ok, requests } = await run('/edit instruction:"add a llama"', {
      attach: { image: photo },
    });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect({ ok, references: requests[0]?.references }).toEqual({
      ok: true,
      references: [{ mime: 'image/jpeg', bytes: bytes.length, sha256 }],
    });
  });

  it('that fails gives the failure’s kind and saves nothing', async () => {
    const out = join(directory, 'none');
    const result = await run('/imagine prompt:"a boat [[refuse]]"', { out });
    expect(result).toMatchObject({ ok: false, kind: 'refused_prompt', files: [] });
    expect(await readdir(directory)).not.toContain('none');
  });

  it('that never ends is given up', async () => {
    const result = await run('/imagine prompt:"a boat [[silent]]"', { timeoutMs: 1_500 });
    expect(result).toMatchObject({ ok: false, kind: 'unknown' });
    expect(result.states.at(-1)).toBe('The reply is not finished after 1.5 s');
  });

  it('that Discord’s client would not send is refused with a sentence', async () => {
    const long = run(`/imagine prompt:${'x'.repeat(5_000)}`);
    await expect(long).rejects.toThrow(/^The option "prompt" takes 1 to 4000 characters/);
    await expect(run('/imagine prompt:x', { attach: { reference: '/no/file' } })).rejects.toThrow(
      'There is no file "/no/file".',
    );
  });

  it('in a DM works as well', async () => {
    const actor = findActor(sandbox.discord, 'member', null, 'dm');
    expect((await run('/imagine prompt:"a boat"', { actor })).ok).toBe(true);
  });
});

describe('lines from a script', () => {
  it('are obeyed one after the other, until the input ends', async () => {
    const input = new PassThrough();
    const output = new PassThrough();
    const saved = join(directory, 'saved');
    input.end(
      [
        '/imagine prompt:"a boat"',
        `save ${saved}`,
        'as moderator',
        'in Annex/general',
        'nonsense',
        'click Nothing',
        '/imagine prompt:"[[refuse]]"',
        '',
      ].join('\n'),
    );
    await runInteractive(sandbox, {
      actor: findActor(sandbox.discord, 'member', null, null),
      timeoutMs: 30_000,
      input,
      output,
      terminal: false,
      signal: new AbortController().signal,
    });
    output.end();
    const shown = await text(output);
    const order = [
      'You are member in Studio #general.',
      '#1 done',
      'saved ',
      'You are moderator in Studio #general.',
      'You are moderator in Annex #general.',
      '"nonsense" is no command',
      'There is no button "Nothing".',
      '#2 no picture (refused_prompt)',
    ];
    const places = order.map((part) => shown.indexOf(part));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(await readdir(saved)).toHaveLength(1);
  });
});

describe('the bot’s process', () => {
  it('is killed and starts again on the same data', async () => {
    const first = sandbox.bot?.pid;
    await sandbox.restartBot('SIGKILL');
    expect(sandbox.bot?.pid).not.toBe(first);
    expect((await run('/imagine prompt:"a boat"')).ok).toBe(true);
  });

  it('that ends in the middle of a command is told with what it wrote', async () => {
    sandbox.gemini.events.once('started', () => void sandbox.bot?.stop('SIGKILL'));
    const running = run('/imagine prompt:"a boat [[silent]]"');
    await expect(running).rejects.toThrow(
      /^The bot ended \(SIGKILL\) in the middle of its work\.\n.*"ready"/s,
    );
    expect(sandbox.bot).toBeNull();
    await sandbox.startBot();
  });

  it('that cannot start is told with what it wrote', async () => {
    const start = startSandbox({ env: { DISCORD_TOKEN: 'wrong' } });
    await expect(start).rejects.toThrow(BotError);
    await expect(start).rejects.toThrow(
      /^The bot ended \(exit code 78\) before it was ready\.\n.+/,
    );
  });

  it('sees none of this process’s own settings', async () => {
    expect(sandbox.bot?.output()).toContain('ready');
    expect(sandbox.bot?.output()).not.toContain(sandbox.gemini.key);
    expect(sandbox.bot?.output()).not.toContain('a boat');
  });
});
