import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { runOnce, type Sandbox, startSandbox } from '@darkroom/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockData } from '../../src/store/sqlite/data-lock.ts';
import { runTool } from './tools.ts';

let directory: string;
let sandbox: Sandbox;
let dataDir: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'darkroom-explain-'));
  dataDir = join(directory, 'data');
  sandbox = await startSandbox({ dataDir });
});
afterAll(async () => {
  await sandbox.close();
  await rm(directory, { recursive: true, force: true });
});

const tool = (name: 'explain' | 'backup' | 'restore', args: string[], folder = dataDir) =>
  runTool(name, args, { env: { DATA_DIR: folder }, directory });

function run(line: string) {
  const { people, places } = sandbox.discord.world;
  const actor = { userId: people.member.id, channelId: places.studioGeneral.id, label: '' };
  return runOnce(sandbox, { line, actor, attach: {}, out: null, timeoutMs: 25_000 });
}

describe('the story of a generation', () => {
  it('is told by the reference that the person read, beside the bot that writes', async () => {
    const { footer } = await run('/imagine prompt:"a shy mill [[refuse]]"');
    const id = / ref (\w+)$/.exec(footer ?? '')?.[1] ?? '';
    const { code, out } = await tool('explain', [id]);
    expect(code).toBe(0);
    expect(out).toContain(`Generation ${id}: failed`);
    expect(out).toMatch(/failure {5}refused_prompt/);
    expect(out).toContain('first request to the model; 1 in all');
    expect(out).not.toContain('shy mill');
    expect((await tool('explain', [id, '--words'])).out).toContain('shy mill');
  });

  it('holds nothing that would steer the terminal, nor a line that it did not write', async () => {
    // Prompts are stored without control characters now; earlier versions stored them as they came.
    const prompt = 'a mill \u001B[2J\u009B31m\u202E\u0007\nGeneration x: delivered';
    const { footer } = await run('/imagine prompt:"a mill [[refuse]]"');
    const id = / ref (\w+)$/.exec(footer ?? '')?.[1] ?? '';
    const database = new DatabaseSync(join(directory, 'data', 'darkroom.sqlite'));
    database.prepare('UPDATE generations SET prompt = ? WHERE id = ?').run(prompt, id);
    database.close();
    const { out } = await tool('explain', [id, '--words']);
    expect(out).toContain('a mill \\u001b[2J\\u009b31m');
    expect(out).not.toMatch(/(?!\n)\p{Cc}|\u202E/u);
    expect(out.match(/^Generation/gm)).toHaveLength(1);
  });

  it('is told by the message, and holds sizes, tokens and moments', async () => {
    await run('/imagine prompt:"a mill" size:2K');
    const { places } = sandbox.discord.world;
    const message = sandbox.discord.messages(places.studioGeneral.id).at(-1);
    await expect
      .poll(async () => (await tool('explain', [message?.id ?? ''])).out, { timeout: 20_000 })
      .toMatch(/delivered[\s\S]*2048×2048[\s\S]*on Discord[\s\S]*tokens {6}\d+ prompt/);
  });

  it('says where to look for what the database does not have', async () => {
    const { code, error } = await tool('explain', ['nothing']);
    expect([code, error.includes('only in the log')]).toEqual([1, true]);
    expect((await tool('explain', [])).code).toBe(2);
    expect(await tool('explain', ['x'], join(directory, 'none'))).toMatchObject({ code: 1 });
    expect(await readdir(directory)).toEqual(['data']);
  });
});

describe('the way of a database to another machine', () => {
  it('is a backup beside the running bot, and a restore into an empty folder', async () => {
    const file = join(directory, 'copy.sqlite');
    expect(await tool('backup', [file])).toMatchObject({ code: 0 });
    const elsewhere = join(directory, 'elsewhere');
    const unlockData = lockData(elsewhere);
    expect((await tool('restore', [file], elsewhere)).error).toContain('Stop that one first');
    unlockData();
    expect(await tool('restore', [file], elsewhere)).toMatchObject({ code: 0 });
    expect((await tool('restore', [file], elsewhere)).error).toContain('move it away first');
    const second = await startSandbox({ dataDir: elsewhere });
    await second.close();
    expect((await tool('backup', [file])).error).toContain('exists already');
    expect((await tool('backup', [])).code).toBe(2);
  });
});
