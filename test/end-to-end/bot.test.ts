import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunOptions, runOnce, type Sandbox, startSandbox } from '@darkroom/sandbox';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let sandbox: Sandbox;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-e2e-'));
  sandbox = await startSandbox({ dataDir: join(folder, 'data') });
  // Rate limits have their own tests; here many replies follow each other closely.
  sandbox.discord.controls.set({ rateLimits: false });
});
afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

/** Does one command as a member of the studio and waits for the end of its reply. */
function run(line: string, change: Partial<RunOptions> = {}) {
  const { people, places } = sandbox.discord.world;
  return runOnce(sandbox, {
    line,
    attach: {},
    actor: { userId: people.member.id, channelId: places.studioGeneral.id, label: '' },
    out: null,
    timeoutMs: 25_000,
    ...change,
  });
}

async function photo(format: 'jpeg' | 'png' | 'webp' | 'gif'): Promise<string> {
  const path = join(folder, `photo.${format}`);
  const background = { r: 40, g: 90, b: 130 };
  await sharp({ create: { width: 64, height: 48, channels: 3, background } })
    .toFormat(format)
    .toFile(path);
  return path;
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('/imagine', () => {
  it('ends with the picture that the model made, byte for byte, and its usage below', async () => {
    const result = await run('/imagine prompt:"a red fox in snow" ratio:16:9 size:2K model:Pro');
    expect(result).toMatchObject({ ok: true, kind: null });
    expect(result.files).toMatchObject([{ mime: 'image/png', width: 2_752, height: 1_536 }]);
    expect(result.footer).toMatch(
      /^Pro 3 · 16:9 · 2K \(2752×1536\) · tokens: [\d,]+ prompt, [\d,]+ image, [\d,]+ thinking, [\d,]+ total · [\d.]+ s$/,
    );
    expect(result.requests).toEqual([
      {
        model: 'gemini-3-pro-image-preview',
        ratio: '16:9',
        size: '2K',
        prompt: 'a red fox in snow',
        references: [],
      },
    ]);
  });

  it('asks for a square of 1K from Flash when nothing else is said', async () => {
    const { requests } = await run('/imagine prompt:"a lighthouse"');
    expect(requests).toMatchObject([
      { model: 'gemini-3.1-flash-image-preview', ratio: '1:1', size: '1K' },
    ]);
  });

  it('shows the thinking while it thinks', async () => {
    sandbox.gemini.controls.pace = 1;
    try {
      const { ok, states } = await run('/imagine prompt:"a paper boat"');
      expect(ok).toBe(true);
      const headings = states.map((state) => /\*\*(.+?)\*\*/.exec(state)?.[1]).filter(Boolean);
      expect(new Set(headings).size).toBeGreaterThanOrEqual(2);
    } finally {
      sandbox.gemini.controls.pace = 0;
    }
  });

  it('shows a private picture to the one who asked only', async () => {
    const { people, places } = sandbox.discord.world;
    const before = sandbox.discord.messages(places.studioGeneral.id).length;
    const { ok } = await run('/imagine prompt:"a secret garden" private:true');
    expect(ok).toBe(true);
    expect(sandbox.discord.messages(places.studioGeneral.id)).toHaveLength(before);
    const own = sandbox.discord.messages(places.studioGeneral.id, people.member.id);
    expect(Number(own.at(-1)?.flags) & 64).toBe(64);
  });

  it('goes by a reference', async () => {
    const path = await photo('webp');
    const { requests } = await run('/imagine prompt:"like this"', { attach: { reference: path } });
    const bytes = await readFile(path);
    expect(requests[0]?.references).toEqual([
      { mime: 'image/webp', bytes: bytes.length, sha256: sha256(bytes) },
    ]);
  });
});

describe('/edit', () => {
  it.each(['jpeg', 'png', 'webp'] as const)(
    'sends exactly the %s that was attached',
    async (format) => {
      const path = await photo(format);
      const bytes = await readFile(path);
      const result = await run('/edit instruction:"add a llama"', { attach: { image: path } });
      expect(result).toMatchObject({ ok: true });
      expect(result.requests).toMatchObject([
        {
          prompt: 'add a llama',
          ratio: null,
          references: [{ mime: `image/${format}`, bytes: bytes.length, sha256: sha256(bytes) }],
        },
      ]);
    },
  );

  it('sends the true type of a file that lies about its own', async () => {
    const path = join(folder, 'liar.png');
    await writeFile(path, await readFile(await photo('jpeg')));
    const { requests } = await run('/edit instruction:"brighter"', { attach: { image: path } });
    expect(requests[0]?.references[0]?.mime).toBe('image/jpeg');
  });

  it('converts what the model does not take', async () => {
    const { ok, requests } = await run('/edit instruction:"freeze it"', {
      attach: { image: await photo('gif') },
    });
    expect(ok).toBe(true);
    expect(requests[0]?.references[0]?.mime).toBe('image/png');
  });

  it('names the file that is no picture, without asking the model', async () => {
    const path = join(folder, 'notes.txt');
    await writeFile(path, 'just words');
    const result = await run('/edit instruction:"improve"', { attach: { image: path } });
    expect(result).toMatchObject({ ok: false, kind: 'reference', requests: [] });
    expect(result.states.at(-1)).toContain('notes.txt');
  });
});

describe('a generation that brings no picture', () => {
  it.each([
    ['[[refuse]]', 'refused_prompt'],
    ['[[refuse-image]]', 'refused_image'],
    ['[[text-only]]', 'no_image'],
    ['[[no-image]]', 'no_image'],
    ['[[cut]]', 'cut'],
    ['[[reject]]', 'rejected'],
    ['[[bad-key]]', 'misconfigured'],
    ['[[broke]]', 'misconfigured'],
    ['[[broken]]', 'bad_answer'],
  ])('says so plainly for %s', async (word, kind) => {
    const result = await run(`/imagine prompt:"a mill ${word}"`);
    expect(result).toMatchObject({ ok: false, kind, files: [] });
    expect(result.footer).toMatch(new RegExp(`^${kind} · ref [0-9a-z]{12}$`));
  });

  it('tries again while the model is busy, and says that it waits', async () => {
    const result = await run('/imagine prompt:"a busy mill [[quota:2]]"');
    expect(result.ok).toBe(true);
    expect(result.requests).toHaveLength(3);
    expect(result.states.join('\n')).toMatch(/The model is busy\. Attempt [23] starts/);
  });

  it('tries again after a broken answer, and blames nobody for being busy', async () => {
    const result = await run('/imagine prompt:"a cut mill [[cut:before]]"');
    expect(result).toMatchObject({ ok: false, kind: 'cut' });
    // A wait that is over before the next edit is due is never shown; the second one is longer.
    expect(result.states.join('\n')).toMatch(/The connection to the model broke\. Attempt [23]/);
  });
});

describe('what is left behind', () => {
  it('is nothing in the spool', async () => {
    // The last reply may still be having its thumbnail made.
    await expect.poll(() => readdir(join(folder, 'data', 'spool'))).toEqual([]);
  });

  it('is a log with reference ids, and without prompts, tokens or keys', () => {
    const log = sandbox.bot?.output() ?? '';
    expect(log).toContain('"outcome":"delivered"');
    expect(log).toContain('"kind":"refused_prompt"');
    for (const secret of ['red fox', 'llama', sandbox.discord.botToken, sandbox.gemini.key]) {
      expect(log).not.toContain(secret);
    }
    const tokens = sandbox.discord.requests.flatMap(({ interactionId }) =>
      interactionId === null ? [] : [sandbox.discord.interaction(interactionId)?.token ?? 'none'],
    );
    expect(tokens.length).toBeGreaterThan(10);
    for (const token of new Set(tokens)) expect(log).not.toContain(token);
  });

  it('is no request that Discord or the model found odd', () => {
    const odd = sandbox.discord.requests.filter(
      ({ status, warnings }) => status >= 400 || warnings.length > 0,
    );
    expect(odd).toEqual([]);
  });
});
