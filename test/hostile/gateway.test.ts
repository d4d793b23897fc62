import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BotProcess,
  DARKROOM,
  type Sandbox,
  type SandboxOptions,
  sendCommand,
  startBotProcess,
  startSandbox,
  watchReply,
} from '@darkroom/sandbox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** Where only the operator can mend it; whoever restarts the bot may give up. */
const LASTING = 78;

/** What the operator reads for each close code that is for good. */
const ADVICE = [
  [4_004, 'the gateway does not accept DISCORD_TOKEN (4004)'],
  [4_010, 'the one connection that this bot opens (4010'],
  [4_011, 'more servers than one connection may serve (4011)'],
  [4_012, 'Install a newer Darkroom'],
  [4_013, 'the intents of this bot (4013)'],
  [4_014, 'Privileged Gateway Intents'],
] as const;

let folder: string;
let sandbox: Sandbox;
let alone: BotProcess | null;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-gateway-'));
  alone = null;
});
afterEach(async () => {
  await alone?.stop('SIGKILL');
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(options: SandboxOptions = {}): Promise<BotProcess> {
  sandbox = await startSandbox(options);
  const { bot } = sandbox;
  if (bot === null) throw new Error('no bot');
  await expect.poll(bot.output, { timeout: 20_000 }).toContain('"msg":"ready"');
  return bot;
}

/** A bot that may never come up, before a Discord that was prepared for it. */
async function startAlone(prepare: (box: Sandbox) => void, env: Record<string, string> = {}) {
  sandbox = await startSandbox({ bot: false });
  prepare(sandbox);
  alone = await startBotProcess({
    command: DARKROOM.command,
    env: { ...sandbox.env, ...env },
    directory: folder,
  });
  return alone;
}

async function ask(bot: BotProcess, path: string) {
  const address = /"address":"([\d.:]+)"/.exec(bot.output())?.[1];
  const response = await fetch(`http://${address}${path}`);
  return { status: response.status, body: await response.text() };
}

/** The log's lines, as objects; what is no line of the log is left out. */
function linesOf(bot: BotProcess): { level: number; msg: string; code?: number }[] {
  return bot
    .output()
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
}

async function expectEnd(bot: BotProcess, advice: string): Promise<void> {
  expect(await bot.exited).toEqual({ code: LASTING, signal: null });
  const lines = linesOf(bot);
  expect(lines.find(({ level }) => level >= 50)?.msg).toContain(advice);
  expect(lines.at(-1)?.msg).toBe('stopped');
  // For people as well, beside the log.
  const printed = bot.output().split('\n');
  expect(printed.filter((line) => !line.startsWith('{') && line.includes(advice))).toHaveLength(1);
  expect(bot.output()).not.toMatch(/\n\s+at |unhandled/);
}

const imagine = (line: string) => {
  const { people, places } = sandbox.discord.world;
  const actor = { userId: people.member.id, channelId: places.studioGeneral.id, label: '' };
  return sendCommand(sandbox.discord, actor, line, {});
};

describe.each([
  ['with OPS_PORT', '0'],
  ['without OPS_PORT', ''],
])('a gateway that closes for good, %s', (_, OPS_PORT) => {
  it.each(ADVICE)(
    'ends an idle bot with the sentence for %i, and with 78',
    async (code, advice) => {
      const bot = await start({ env: { OPS_PORT } });
      sandbox.discord.controls.dropGateway({ code });
      await expectEnd(bot, advice);
    },
  );

  it('ends a bot that resumes', async () => {
    const bot = await start({ env: { OPS_PORT } });
    sandbox.discord.controls.answerLogins({ resume: { close: 4_014 } });
    sandbox.discord.controls.dropGateway();
    await expectEnd(bot, 'Privileged Gateway Intents');
  });

  it('ends a bot that must log in anew, after Discord called its session invalid', async () => {
    const bot = await start({ env: { OPS_PORT } });
    sandbox.discord.controls.answerLogins({ identify: { close: 4_012 } });
    sandbox.discord.controls.invalidateSessions();
    await expectEnd(bot, 'Install a newer Darkroom');
    expect(bot.output()).toContain('"resumable":false,"msg":"gateway session invalid (op 9)"');
  });

  it('ends a start that was refused for the moment before', async () => {
    const bot = await startAlone(
      ({ discord }) => discord.controls.answerLogins({ identify: { close: 4_000 } }),
      { OPS_PORT },
    );
    const closed = () =>
      linesOf(bot).some(({ msg, code }) => msg === 'gateway closed' && code === 4_000);
    await expect.poll(closed, { timeout: 20_000 }).toBe(true);
    sandbox.discord.controls.answerLogins({ identify: { close: 4_011 } });
    await expectEnd(bot, 'more servers than one connection may serve (4011)');
  });
});

/** Listened for before the command: the bot may be quicker than the command's own answer. */
const askedModel = () =>
  new Promise<unknown>((resolve) => sandbox.gemini.events.once('started', resolve));

describe('a gateway that closes for good under a bot at work', () => {
  it('has the picture delivered, and tells whoever looks after the process', async () => {
    const bot = await start({ env: { OPS_PORT: '0' }, gemini: { pace: 0.5 } });
    const asked = askedModel();
    const handle = await imagine('/imagine prompt:"a pier"');
    await asked;
    sandbox.discord.controls.dropGateway({ code: 4_004 });
    await expect.poll(bot.output, { timeout: 20_000 }).toContain('"msg":"stopping"');
    for (const path of ['/healthz', '/readyz']) {
      const { status, body } = await ask(bot, path);
      expect([path, status]).toEqual([path, 503]);
      expect(body).toContain('the gateway does not accept DISCORD_TOKEN (4004)');
    }
    await expectEnd(bot, 'the gateway does not accept DISCORD_TOKEN (4004)');
    expect((await watchReply(sandbox.discord, handle, { timeoutMs: 10_000 })).ok).toBe(true);
  });

  it('keeps its exit code where a signal comes while it finishes', async () => {
    const bot = await start({ gemini: { pace: 0.5 } });
    const asked = askedModel();
    await imagine('/imagine prompt:"a pier"');
    await asked;
    sandbox.discord.controls.dropGateway({ code: 4_014 });
    await expect.poll(bot.output, { timeout: 20_000 }).toContain('"msg":"stopping"');
    await bot.stop('SIGTERM', 30_000);
    await expectEnd(bot, 'Privileged Gateway Intents');
  });
});

describe('a gateway in trouble', () => {
  it('is named by its close code and by op 9 before the first READY', async () => {
    const bot = await startAlone(({ discord }) =>
      discord.controls.answerLogins({ identify: { invalid: { resumable: false } } }),
    );
    await expect
      .poll(bot.output, { timeout: 20_000 })
      .toContain('"resumable":false,"msg":"gateway session invalid (op 9)"');
    sandbox.discord.controls.answerLogins({ identify: { close: 4_009 } });
    await expect
      .poll(bot.output, { timeout: 20_000 })
      .toContain('"code":4009,"msg":"gateway closed"');
    sandbox.discord.controls.answerLogins({ identify: null });
    await expect.poll(bot.output, { timeout: 40_000 }).toContain('"msg":"ready"');
  });

  it('ends the bot with a word where nothing is left that could connect', async () => {
    const bot = await startAlone(({ discord }) =>
      discord.controls.answerLogins({ identify: { resumeUrl: 'no address' } }),
    );
    await expect.poll(bot.output, { timeout: 20_000 }).toContain('"msg":"ready"');
    sandbox.discord.controls.dropGateway();
    expect(await bot.exited).toEqual({ code: 1, signal: null });
    const words = 'the connection to Discord’s gateway was lost and does not come back';
    expect(linesOf(bot).find(({ level }) => level === 60)?.msg).toContain(words);
    expect(linesOf(bot).at(-1)?.msg).toBe('stopped');
  });

  it('is not logged in to with the last tenth of the day’s logins, and is once there are more', async () => {
    let identifies = 0;
    const bot = await startAlone(
      ({ discord }) => {
        discord.controls.limitStarts({ total: 1_000, remaining: 100, resetAfterMs: 60 * 60_000 });
        discord.events.on('gateway', ({ direction, op }) => {
          if (direction === 'in' && op === 2) identifies++;
        });
      },
      { OPS_PORT: '0' },
    );
    await expect
      .poll(bot.output, { timeout: 20_000 })
      .toContain('few logins are left: waiting until there are more');
    expect((await ask(bot, '/healthz')).status).toBe(200);
    const { status, body } = await ask(bot, '/readyz');
    expect([status, identifies]).toEqual([503, 0]);
    expect(body).toContain('few of the day’s logins are left, waiting for more until 20');

    // A process that is started again gets no further before there are.
    await bot.stop('SIGTERM');
    sandbox.discord.controls.limitStarts({ resetAfterMs: 10_000 });
    alone = await startBotProcess({
      command: DARKROOM.command,
      env: sandbox.env,
      directory: folder,
    });
    await expect.poll(alone.output, { timeout: 40_000 }).toContain('"msg":"ready"');
    expect([identifies, sandbox.discord.controls.starts().remaining]).toEqual([1, 999]);
  });
});
