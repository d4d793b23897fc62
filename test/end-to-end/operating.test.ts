import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { runOnce, type Sandbox, type SandboxOptions, startSandbox } from '@darkroom/sandbox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
let sandbox: Sandbox | null;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-operating-'));
  sandbox = null;
});
afterEach(async () => {
  await sandbox?.close();
  spawnSync('umount', [join(folder, 'small')]);
  await rm(folder, { recursive: true, force: true });
});

async function start(options: SandboxOptions = {}): Promise<Sandbox> {
  const dataDir = join(folder, 'data');
  sandbox = await startSandbox({ dataDir, ...options, env: { OPS_PORT: '0', ...options.env } });
  return sandbox;
}

function run({ discord }: Sandbox, line: string) {
  const { people, places } = discord.world;
  const actor = { userId: people.member.id, channelId: places.studioGeneral.id, label: '' };
  const rest = { attach: {}, out: null, timeoutMs: 25_000 };
  return runOnce(sandbox as Sandbox, { line, actor, ...rest });
}

async function ask({ bot }: Sandbox, path: string): Promise<{ status: number; body: string }> {
  const address = /"address":"([\d.:]+)"/.exec(bot?.output() ?? '')?.[1];
  const response = await fetch(`http://${address}${path}`);
  return { status: response.status, body: await response.text() };
}

/** Results are two seconds old at most; until then an earlier one may be told. */
async function expectReadiness(of: Sandbox, status: number, words: string): Promise<void> {
  await expect
    .poll(async () => await ask(of, '/readyz'), { timeout: 20_000, interval: 250 })
    .toMatchObject({ status, body: expect.stringContaining(words) });
}

describe('figures', () => {
  it('tell what was made and nothing about who asked', async () => {
    const box = await start();
    await run(box, '/imagine prompt:"a purple hippopotamus" size:2K');
    await run(box, '/imagine prompt:"a busy hippopotamus [[busy:1]]"');
    await run(box, '/imagine prompt:"a bad hippopotamus [[refuse]]"');
    const { body } = await ask(box, '/metrics');
    for (const line of [
      'darkroom_generations_total{model="flash",size="2K",outcome="delivered"} 1',
      'darkroom_generations_total{model="flash",size="1K",outcome="refused_prompt"} 1',
      'darkroom_model_retries_total{model="flash",reason="busy"} 1',
      'darkroom_acknowledgement_seconds_count{kind="public"} 3',
      'darkroom_queue_wait_seconds_count{model="flash"} 3',
      'darkroom_image_seconds_count{model="flash",size="2K"} 1',
      'darkroom_gateway_connected 1',
      'darkroom_tokens_total{model="flash",kind="total"}',
      'nodejs_eventloop_lag_seconds',
    ]) {
      expect(body).toContain(line);
    }
    const { people, guilds } = box.discord.world;
    const ids = [...Object.values(people), ...guilds].map(({ id }) => id);
    for (const secret of [...ids, 'hippopotamus', box.discord.botToken, box.gemini.key]) {
      expect(body).not.toContain(secret);
    }
  });

  it('are served nowhere unless a port is set', async () => {
    const box = await start({ env: { OPS_PORT: '' } });
    expect(box.bot?.output()).not.toContain('"address"');
  });
});

describe('trouble is named, told to members in a sentence, and ends nothing', () => {
  it('when the provider refuses the key, until it takes it again', async () => {
    const box = await start();
    await expectReadiness(box, 200, '"ready": true');
    const refused = await run(box, '/imagine prompt:"a mill [[bad-key]]"');
    expect(refused.states.at(-1)).toContain('not set up right');
    await expectReadiness(box, 503, 'ANYFAST_API_KEY is refused');
    expect((await run(box, '/imagine prompt:"a mill"')).ok).toBe(true);
    await expectReadiness(box, 200, '"ready": true');
  });

  it('when the gateway drops again and again', async () => {
    const box = await start();
    // Discord knows the bot a moment before the bot knows it; a loss in between is no drop.
    await expect.poll(() => box.bot?.output(), { timeout: 20_000 }).toContain('"msg":"ready"');
    for (let drop = 0; drop < 2; drop++) {
      box.discord.controls.dropGateway();
      await expect
        .poll(() => box.bot?.output().match(/gateway resumed/g)?.length ?? 0, { timeout: 20_000 })
        .toBe(drop + 1);
    }
    await expectReadiness(box, 200, 'drops in 10 min: 2');
    expect((await ask(box, '/readyz')).body).toContain('"warn"');
    expect(box.bot?.output()).toMatch(/"code":\d+,"msg":"gateway closed"/);
    expect((await run(box, '/imagine prompt:"a mill"')).ok).toBe(true);
  });

  it('when the spool is at its bound', async () => {
    const box = await start({ env: { SPOOL_MAX_MB: '0.1' } });
    const { ok, kind, states } = await run(box, '/imagine prompt:"a mill"');
    expect([ok, kind]).toEqual([false, 'no_space']);
    expect(states.at(-1)).toContain('The darkroom is full');
  });

  // A disk of its own takes the right to mount one.
  const small = () => join(folder, 'small');
  const canMount = process.platform === 'linux' && process.getuid?.() === 0;
  it.runIf(canMount)('when the disk is full, and all is well once there is room', async (test) => {
    spawnSync('mkdir', [small()]);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=160m', 'tmpfs', small()]);
    if (mounted.status !== 0) test.skip();
    const box = await start({ dataDir: small() });
    expect((await run(box, '/imagine prompt:"a mill"')).ok).toBe(true);
    const filler = join(small(), 'filler');
    spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k']);
    const { ok, states } = await run(box, '/imagine prompt:"a second mill"');
    expect(ok).toBe(false);
    expect(states.at(-1)).toContain('The darkroom is full');
    await expectReadiness(box, 503, 'full');
    await rm(filler);
    expect((await run(box, '/imagine prompt:"a third mill"')).ok).toBe(true);
    await expectReadiness(box, 200, '"ready": true');
  });
});

describe('the start', () => {
  it('names the port that is taken', async () => {
    const box = await start();
    const port = /"address":"127.0.0.1:(\d+)"/.exec(box.bot?.output() ?? '')?.[1] ?? '';
    const second = startSandbox({ dataDir: join(folder, 'second'), env: { OPS_PORT: port } });
    await expect(second).rejects.toThrow(/OPS_PORT/);
  });
});

describe('a downgrade', () => {
  it('is refused with what to do, and leaves the database as it was', async () => {
    const box = await start();
    await box.stopBot();
    const file = join(folder, 'data', 'darkroom.sqlite');
    const store = new DatabaseSync(file);
    store.exec("insert into migrations values ('999-of-next-year', '2030-01-01')");
    store.close();
    const before = await readFile(file);
    await expect(box.startBot()).rejects.toThrow(/version 999 .*Start the newer Darkroom again/s);
    expect(await readFile(file)).toEqual(before);
  });
});

describe('the log', () => {
  it('tells the story of a generation by its id, from its admission to its end', async () => {
    const box = await start();
    await run(box, '/imagine prompt:"a secret mill [[busy:1]]"');
    const output = () => box.bot?.output() ?? '';
    await expect.poll(output, { timeout: 20_000 }).toContain('"msg":"ended"');
    const id = /"id":"(\w+)".*"msg":"started"/.exec(output())?.[1] ?? 'none';
    const own = output()
      .split('\n')
      .filter((line) => line.includes(id));
    const told = own.map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(told).toEqual([
      'admitted',
      'started',
      'attempt',
      'the attempt failed, another follows',
      'first thought',
      'attempt',
      'image received',
      'ended',
    ]);
    expect(output()).not.toContain('secret mill');
  });

  it('has its last word when the process ends by a signal', async () => {
    const box = await start();
    const { bot } = box;
    await box.stopBot('SIGTERM');
    expect(bot?.output()).toContain('"msg":"stopped"');
    // A stop closes the gateway, which is no drop.
    expect(bot?.output()).not.toContain('gateway closed');
  });

  it('is for people where they want it', async () => {
    const box = await start({ env: { LOG_PRETTY: 'true' } });
    expect(box.bot?.output()).toMatch(/^\[\d\d:\d\d:\d\d\.\d+\] \w+: /m);
  });
});
