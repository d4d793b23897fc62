import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Sandbox, startSandbox } from '@darkroom/sandbox';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { INVITE_PERMISSIONS, missingPermissions } from '../../src/discord/permissions.ts';
import {
  checkGateway,
  createAsk,
  describeFault,
  inviteLink,
  notDiscord,
} from '../../src/operator/doctor/discord.ts';
import { type Finding, networkReason } from '../../src/operator/doctor/finding.ts';
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

/** What the doctor reads of such an answer of an API. */
async function answerOf(status: number, type: string, body: string) {
  const server = createHttpServer((_, response) => {
    response.writeHead(status, { 'content-type': type }).end(body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const discord = { apiUrl: `http://127.0.0.1:${port}/api`, token: 'a-token', guildId: null };
    return await createAsk(discord)('/applications/@me');
  } finally {
    server.closeAllConnections();
    server.close();
  }
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

  it.each([[['--json']], [[]]])(
    'writes nothing that would steer the terminal, nor a line of somebody else (%j)',
    async (args) => {
      const { application } = sandbox.discord.world;
      const { name } = application;
      application.name = 'Room \u001B[2J\u009B31m\u202E\n✔ Discord: all is well';
      try {
        const env = { ...sandbox.env, DATA_DIR: join(directory, 'data') };
        const { out } = await runTool('doctor', args, { env, directory });
        expect(out).toContain('\\u001b[2J\\u009b31m');
        expect(out).not.toMatch(/^✔ Discord: all/m);
        expect(out).not.toMatch(/(?!\n)\p{Cc}|\u202E/u);
      } finally {
        application.name = name;
      }
    },
  );

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
    expect(about('Flash 3.1, a picture')[0]?.message).toMatch(/1024×1024 .* tokens \(\$0\.0\d+\)/);
  });
});

describe('each fault is named, with what to do', () => {
  it('a wrong token', async () => {
    const { code, bad } = await examine({ DISCORD_TOKEN: 'wrong' });
    expect(code).toBe(1);
    expect(bad).toMatchObject([{ subject: 'Bot token', hint: expect.stringContaining('reset') }]);
  });

  it('a wrong key, without showing it', async () => {
    const { bad, out } = await examine({ ANYFAST_API_KEY: 'wrong-key-4711' });
    expect(bad.map(({ subject }) => subject)).toEqual(['Flash 3.1', 'Pro 3']);
    expect(bad[0]?.hint).toContain('ANYFAST_API_KEY');
    expect(out).not.toContain('4711');
  });

  it('a model that nobody knows, and one that has only its successor', async () => {
    const { bad } = await examine({ FLASH_MODEL_ID: 'no-such-model' });
    expect(bad).toMatchObject([{ message: expect.stringContaining('unknown_model') }]);
  });

  it('servers that cannot be reached', async () => {
    const closed = `http://127.0.0.1:${await closedPort()}`;
    const { bad } = await examine({
      DISCORD_API_URL: `${closed}/api`,
      ANYFAST_BASE_URL: closed,
    });
    expect(bad.map(({ subject }) => subject)).toEqual(['Discord', 'Flash 3.1', 'Pro 3']);
    expect(bad[0]?.message).toContain('ECONNREFUSED');
  });

  it.each([
    ['a web page', 200, 'text/html', '<html>Welcome!</html>', 'is not Discord’s API'],
    ['a web page of a wrong address', 404, 'text/html', '<html>', 'is not Discord’s API'],
    ['a proxy that wants a password', 401, 'text/html', '<html>', 'is not Discord’s API'],
    ['JSON of somebody else', 200, 'application/json', '{}', 'is not Discord’s API'],
    ['somebody else’s error', 404, 'application/json', '{"error":1}', 'is not Discord’s API'],
    ['a Discord in trouble', 503, 'text/html', '<html>', 'it answered 503'],
    ['a Discord that is asked too often', 429, 'application/json', '{"code":0}', '429'],
    ['a refusal', 403, 'application/json', '{"code":50001,"message":"no"}', '(403 / 50001): no'],
  ])('%s in the place of Discord’s API', async (_, status, type, body, words) => {
    const finding = describeFault(await answerOf(status, type, body)) ?? notDiscord(status);
    expect(finding).toMatchObject({ colour: 'red', message: expect.stringContaining(words) });
  });

  it('an address that fetch does not even try', async () => {
    const error: unknown = await fetch('http://127.0.0.1:1/').catch((reason: unknown) => reason);
    expect(networkReason(error)).toBe('bad port');
  });

  it('logins that are nearly used up, with when there are more', async () => {
    const session_start_limit = { total: 1_000, remaining: 0, reset_after: 3_600_000 };
    const ask = async () => ({
      status: 200,
      body: { url, shards: 1, session_start_limit },
      date: null,
    });
    const { url } = (await (await fetch(`${sandbox.discord.apiUrl}/v10/gateway`)).json()) as {
      url: string;
    };
    expect(await checkGateway(ask, Date.parse('2030-01-01T00:00:00Z'))).toMatchObject({
      colour: 'red',
      message: expect.stringContaining('0 of 1000'),
      hint: expect.stringContaining('2030-01-01T01:00:00'),
    });
    session_start_limit.remaining = 100;
    expect(await checkGateway(ask)).toMatchObject({
      colour: 'red',
      message: expect.stringContaining('100 of 1000'),
    });
    session_start_limit.remaining = 101;
    expect(await checkGateway(ask)).toMatchObject({ colour: 'green' });
    expect(await checkGateway(async () => ({ status: 503, body: null, date: null }))).toMatchObject(
      {
        subject: 'Gateway',
        message: 'it answered 503',
      },
    );
  });

  it('a data folder that is none', async () => {
    await writeFile(join(directory, 'taken'), 'a file');
    const { bad } = await examine({ DATA_DIR: join(directory, 'taken') });
    expect(bad[0]).toMatchObject({ subject: 'Data folder' });
  });

  it('a server that the bot is not in, with the link that brings it there', async () => {
    const { bad } = await examine({ DISCORD_GUILD_ID: '123456789012345678' });
    expect(bad[0]?.hint).toContain('guild_id=123456789012345678');
  });

  it('every problem of the configuration at once, and all else as far as it goes', async () => {
    const { code, bad, about } = await examine({
      DISCORD_TOKEN: '',
      LOG_LEVEL: 'loud',
      DAILY_COST_LIMIT: '5',
      DISCORD_TOKN: 'misspelt',
    });
    expect(code).toBe(1);
    const said = bad.map(({ message }) => message).join('\n');
    for (const name of ['DISCORD_TOKEN', 'LOG_LEVEL', 'DAILY_COST_LIMIT']) {
      expect(said).toContain(name);
    }
    expect(
      about('Configuration')
        .map(({ message }) => message)
        .join('\n'),
    ).toContain('DISCORD_TOKN');
    expect(about('Discord')).toMatchObject([{ colour: 'yellow' }]);
    expect(about('Pro 3')).toMatchObject([{ colour: 'green' }]);
  });

  it('every misspelt setting of .env, and those of a shared environment that begin as ours', async () => {
    const lines = ['DALY_PICTURES=5', 'NODE_ENV=production', 'LOG_PRETTY=', ''];
    await writeFile(join(directory, '.env'), lines.join('\n'), { mode: 0o600 });
    const { about } = await examine({ MAX_CONCURENT: '2', DATA_DIRR: 'x', SOMEBODY_ELSES: '1' });
    const said = about('Configuration').flatMap(
      ({ message }) => /^(\w+) is none/.exec(message)?.[1] ?? [],
    );
    expect(said.sort()).toEqual(['DALY_PICTURES', 'DATA_DIRR', 'MAX_CONCURENT', 'NODE_ENV']);
  });

  it('an old Node', () => {
    expect(checkNode('20.11.0').colour).toBe('red');
    expect(checkNode('24.0.0').colour).toBe('green');
  });
});

describe('the doctor', () => {
  // A disk of its own takes the right to mount one.
  const canMount = process.platform === 'linux' && process.getuid?.() === 0;
  it.runIf(canMount)('leaves nothing behind on a full disk', async (test) => {
    const place = join(directory, 'full');
    await mkdir(place);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place]);
    if (mounted.status !== 0) test.skip();
    try {
      spawnSync('dd', ['if=/dev/zero', `of=${join(place, 'filler')}`, 'bs=4k']);
      const { bad } = await examine({ DATA_DIR: place });
      expect(bad[0]).toMatchObject({ message: `the disk of ${place} is full` });
      expect(await readdir(place)).toEqual(['filler']);
    } finally {
      spawnSync('umount', [place]);
    }
  });

  it('finishes in peace when its reader has read enough', async () => {
    const env = { PATH: process.env['PATH'] ?? '', DATA_DIR: directory };
    const script = resolve('src/operator/doctor.ts');
    const child = spawn(process.execPath, [script], { cwd: directory, env, stdio: 'pipe' });
    let error = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      error += text;
    });
    child.stdout.destroy();
    expect([await once(child, 'close'), error]).toEqual([[1, null], '']);
  });
});

describe('permissions', () => {
  it('are named where they lack, and are all there for administrators', () => {
    expect(missingPermissions(1n << 3n)).toEqual([]);
    expect(missingPermissions(INVITE_PERMISSIONS)).toEqual([]);
    expect(missingPermissions(INVITE_PERMISSIONS - (1n << 15n))).toEqual(['Attach Files']);
    expect(missingPermissions(117_760n)).toEqual(['Send Messages in Threads']);
  });

  it('are in the invite link of the doctor, the README and the guide, all the same', async () => {
    const link = `scope=bot+applications.commands&permissions=${INVITE_PERMISSIONS}`;
    expect(inviteLink('1')).toContain(link);
    for (const file of ['README.md', 'docs/operating.md']) {
      const links = (await readFile(file, 'utf8')).match(/scope=bot\S+/g);
      expect(links).toEqual([link]);
    }
  });
});
