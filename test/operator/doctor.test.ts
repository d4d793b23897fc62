import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { inviteLink, missingPermissions } from '../../src/operator/doctor/discord.ts';
import type { Finding } from '../../src/operator/doctor/finding.ts';
import { checkNode } from '../../src/operator/doctor/machine.ts';
import { runTool } from './tools.ts';

let sandbox: Sandbox;
let directory: string;

beforeAll(async () => {
  sandbox = await startSandbox({ bot: false });
});
afterAll(async () => {
  await sandbox.close();
});
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'darkroom-doctor-test-'));
  return async () => await rm(directory, { recursive: true, force: true });
});

async function examine(change: Record<string, string> = {}, args: string[] = []) {
  const env = { ...sandbox.env, DATA_DIR: join(directory, 'data'), ...change };
  const ran = await runTool('doctor', ['--json', ...args], { env, directory });
  const { ok, findings } = JSON.parse(ran.out) as { ok: boolean; findings: Finding[] };
  const about = (subject: string) => findings.filter((one) => one.subject.startsWith(subject));
  const bad = findings.filter(({ colour }) => colour === 'red');
  return { ...ran, ok, findings, about, bad };
}

/** A port that was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('a healthy set-up', () => {
  it('is green, costs nothing, and is left exactly as it was', async () => {
    const made = sandbox.gemini.requests.length;
    const { code, ok, bad, about } = await examine();
    expect([code, ok, bad]).toEqual([0, true, []]);
    for (const subject of ['Bot token', 'Gateway', 'Servers', 'Flash 3.1', 'Pro 3', 'Fonts']) {
      expect(about(subject)).toMatchObject([{ colour: 'green' }]);
    }
    expect(sandbox.gemini.requests.slice(made).filter(({ pictureSent }) => pictureSent)).toEqual(
      [],
    );
    expect(sandbox.discord.connections()).toBe(0);
    expect(await readdir(directory)).toEqual([]);
  });

  it('makes a picture with each model when told to, and says what it cost', async () => {
    const { about } = await examine(
      {
        ALLOWED_MODELS: 'flash',
        FLASH_PRICE_INPUT: '1',
        FLASH_PRICE_TEXT: '3',
        FLASH_PRICE_IMAGE: '60',
      },
      ['--paid'],
    );
    expect(about('Flash 3.1, a picture')[0]?.says).toMatch(/1024×1024 .* tokens \(\$0\.0\d+\)/);
  });
});

describe('each fault is named, with what to do', () => {
  it('a wrong token', async () => {
    const { code, bad } = await examine({ DISCORD_TOKEN: 'wrong' });
    expect(code).toBe(1);
    expect(bad).toMatchObject([{ subject: 'Bot token', advice: expect.stringContaining('reset') }]);
  });

  it('a wrong key, without showing it', async () => {
    const { bad, out } = await examine({ ANYFAST_API_KEY: 'wrong-key-4711' });
    expect(bad.map(({ subject }) => subject)).toEqual(['Flash 3.1', 'Pro 3']);
    expect(bad[0]?.advice).toContain('ANYFAST_API_KEY');
    expect(out).not.toContain('4711');
  });

  it('a model that nobody knows, and one that has only its successor', async () => {
    const { bad } = await examine({ FLASH_MODEL_ID: 'no-such-model' });
    expect(bad).toMatchObject([{ says: expect.stringContaining('unknown_model') }]);
  });

  it('servers that cannot be reached', async () => {
    const closed = `http://127.0.0.1:${await closedPort()}`;
    const { bad } = await examine({
      DISCORD_API_URL: `${closed}/api`,
      ANYFAST_BASE_URL: closed,
    });
    expect(bad.map(({ subject }) => subject)).toEqual(['Discord', 'Flash 3.1', 'Pro 3']);
    expect(bad[0]?.says).toContain('ECONNREFUSED');
  });

  it('a data folder that is none', async () => {
    await writeFile(join(directory, 'taken'), 'a file');
    const { bad } = await examine({ DATA_DIR: join(directory, 'taken') });
    expect(bad[0]).toMatchObject({ subject: 'Data folder' });
  });

  it('a server that the bot is not in, with the link that brings it there', async () => {
    const { bad } = await examine({ DISCORD_GUILD_ID: '123456789012345678' });
    expect(bad[0]?.advice).toContain('guild_id=123456789012345678');
  });

  it('every problem of the configuration at once, and all else as far as it goes', async () => {
    const { code, bad, about } = await examine({
      DISCORD_TOKEN: '',
      LOG_LEVEL: 'loud',
      DAILY_COST_LIMIT: '5',
      DISCORD_TOKN: 'misspelt',
    });
    expect(code).toBe(1);
    const said = bad.map(({ says }) => says).join('\n');
    for (const name of ['DISCORD_TOKEN', 'LOG_LEVEL', 'DAILY_COST_LIMIT']) {
      expect(said).toContain(name);
    }
    expect(
      about('Configuration')
        .map(({ says }) => says)
        .join('\n'),
    ).toContain('DISCORD_TOKN');
    expect(about('Discord')).toMatchObject([{ colour: 'yellow' }]);
    expect(about('Pro 3')).toMatchObject([{ colour: 'green' }]);
  });

  it('an old Node', () => {
    expect(checkNode('20.11.0').colour).toBe('red');
    expect(checkNode('24.0.0').colour).toBe('green');
  });
});

describe('permissions', () => {
  it('are named where they lack, and are all there for administrators', () => {
    expect(missingPermissions(1n << 3n)).toEqual([]);
    expect(missingPermissions(117_760n)).toEqual([]);
    expect(missingPermissions(117_760n - (1n << 15n))).toEqual(['Attach Files']);
  });

  it('are in the invite link, the same as in the README', () => {
    expect(inviteLink('1')).toContain('permissions=117760');
    expect(inviteLink('1')).toContain('scope=bot+applications.commands');
  });
});
