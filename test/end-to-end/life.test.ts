import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DARKROOM,
  sendCommand,
  startBotProcess,
  startSandbox,
  watchReply,
} from '@darkroom/sandbox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** The exit code that tells who restarts the bot to give up: only the operator can mend it. */
const LASTING = 78;

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'darkroom-life-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function startAndEnd(env: Record<string, string>) {
  const bot = await startBotProcess({ command: DARKROOM.command, env, directory });
  const { code } = await bot.exited;
  return { code, output: bot.output() };
}

describe('the start', () => {
  it('stops with one message when the configuration is wrong, and no stack', async () => {
    await writeFile(join(directory, '.env'), 'LOG_LEVEL=loud\nDISCORD_TOKEN=\n');
    const { code, output } = await startAndEnd({ ANYFAST_API_KEY: 'has a space' });
    expect(code).toBe(LASTING);
    for (const word of ['LOG_LEVEL', 'DISCORD_TOKEN', 'ANYFAST_API_KEY', 'npm run sandbox']) {
      expect(output).toContain(word);
    }
    expect(output).not.toMatch(/\n\s+at |has a space/);
  });

  it.each(['ключ.от.бота', 'a.b.c\u200B', '"a.b.c"'])(
    'names a token that no header takes: %j',
    async (token) => {
      const env = { ANYFAST_API_KEY: 'a-key', DATA_DIR: directory };
      const { code, output } = await startAndEnd({ ...env, DISCORD_TOKEN: token });
      expect(code).toBe(LASTING);
      expect(output).toContain('DISCORD_TOKEN must be the bare value');
      expect(output).not.toContain(token);
      expect(output).not.toMatch(/\n\s+at /);
    },
  );

  it('says that Discord does not take the token', async () => {
    const sandbox = await startSandbox({ bot: false });
    try {
      const env = { ...sandbox.env, DISCORD_TOKEN: 'wrong-token', DATA_DIR: directory };
      const { code, output } = await startAndEnd(env);
      expect(code).toBe(LASTING);
      expect(output).toContain('DISCORD_TOKEN');
      expect(output).not.toMatch(/\n\s+at |wrong-token/);
    } finally {
      await sandbox.close();
    }
  });

  it('says that Discord cannot be reached', async () => {
    const { code, output } = await startAndEnd({
      DISCORD_TOKEN: 'a-token',
      ANYFAST_API_KEY: 'a-key',
      DISCORD_API_URL: 'http://127.0.0.1:9/api',
      DATA_DIR: directory,
    });
    expect(code).toBe(1);
    expect(output).toMatch(/Discord cannot be reached \(\w+\)/);
  });

  it('says that its folder cannot be used', async () => {
    await writeFile(join(directory, 'taken'), 'a file, not a folder');
    const { code, output } = await startAndEnd({
      DISCORD_TOKEN: 'a-token',
      ANYFAST_API_KEY: 'a-key',
      DATA_DIR: join(directory, 'taken'),
    });
    expect(code).toBe(1);
    expect(output).toContain(`${join(directory, 'taken')} cannot be used`);
    expect(output).toContain('DATA_DIR');
    expect(output).not.toMatch(/\n\s+at /);
  });
});

describe('a second process on the same data', () => {
  it('refuses to start, so that nothing under way is paid for twice', async () => {
    const sandbox = await startSandbox({ dataDir: join(directory, 'data') });
    try {
      const env = { ...sandbox.env, DATA_DIR: join(directory, 'data') };
      const { code, output } = await startAndEnd(env);
      expect(code).toBe(1);
      expect(output).toContain('another Darkroom runs on the same data');
      expect(output).not.toMatch(/\n\s+at /);
      // The kernel gives the lock back, however the first one ends.
      await sandbox.restartBot('SIGKILL');
    } finally {
      await sandbox.close();
    }
  });
});

describe('the stop', () => {
  it('finishes the picture under way, takes nothing new, and ends by the signal', async () => {
    const sandbox = await startSandbox({ gemini: { pace: 0.3 } });
    try {
      const { people, places } = sandbox.discord.world;
      const actor = {
        userId: people.member.id,
        channelId: places.studioGeneral.id,
        label: '',
      };
      // Listened for beforehand: the bot may be quicker than the command's own answer.
      const started = new Promise((resolve) => sandbox.gemini.events.once('started', resolve));
      const handle = await sendCommand(sandbox.discord, actor, '/imagine prompt:"a pier"', {});
      await started;
      const exited = sandbox.bot?.exited;
      // As long as the picture takes, which is what is waited for.
      await sandbox.bot?.stop('SIGTERM', 25_000);
      expect(await exited).toEqual({ code: null, signal: 'SIGTERM' });
      const settled = await watchReply(sandbox.discord, handle, { timeoutMs: 10_000 });
      expect(settled.ok).toBe(true);
    } finally {
      await sandbox.close();
    }
  });
});
