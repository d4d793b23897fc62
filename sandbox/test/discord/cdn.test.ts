import { access } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { startLocalDiscord } from '../../discord/local-discord.ts';
import { openDiscord, PIXEL } from './support.ts';

test('a signed address gives the file, by GET and HEAD, from the CDN and its proxy', async () => {
  const discord = await openDiscord();
  const { member } = discord.world.people;
  const file = await discord.upload(member.id, { name: 'a.png', bytes: PIXEL });
  expect(file).toMatchObject({
    size: PIXEL.length,
    content_type: 'image/png',
    width: 1,
    height: 1,
  });
  for (const url of [file.url, file.proxy_url]) {
    const got = await fetch(url);
    expect(got.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await got.arrayBuffer())).toEqual(PIXEL);
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(PIXEL.length)]);
  }
});

test('an address without its signature, with another, or after its time gives nothing', async () => {
  let time = Date.now();
  const discord = await openDiscord({ now: () => time });
  const { member } = discord.world.people;
  const one = await discord.upload(member.id, { name: 'a.png', bytes: PIXEL });
  const two = await discord.upload(member.id, { name: 'a.png', bytes: PIXEL });
  const status = async (url: string) => (await fetch(url)).status;
  const [path, query] = one.url.split('?');
  expect(await status(path ?? '')).toBe(404);
  expect(await status(`${two.url.split('?')[0]}?${query}`)).toBe(404);
  expect(await status(one.url.replace(/ex=\w+/, 'ex=7fffffff'))).toBe(404);
  expect(await status(one.url.replace('a.png', 'b.png'))).toBe(404);
  expect(await status(one.url)).toBe(200);
  time += 25 * 60 * 60_000;
  expect(await status(one.url)).toBe(404);
});

test('a picture that is none has a type but no size', async () => {
  const discord = await openDiscord();
  const { member } = discord.world.people;
  const bytes = Buffer.from('no picture');
  const file = await discord.upload(member.id, { name: 'a.png', bytes });
  expect(file).toMatchObject({ content_type: 'image/png' });
  expect(file).not.toHaveProperty('width');
  await expect(discord.file('100000000000000001')).rejects.toThrow(/no file/);
});

test('the oldest files are forgotten when there are too many bytes', async () => {
  const discord = await openDiscord({ maxStoredBytes: PIXEL.length * 2 });
  const put = () => discord.upload(discord.world.people.member.id, { name: 'a.png', bytes: PIXEL });
  const files = [await put(), await put(), await put()];
  const statuses = await Promise.all(files.map(async ({ url }) => (await fetch(url)).status));
  expect(statuses).toEqual([404, 200, 200]);
});

test('a port that is taken is an error, not a second server', async () => {
  const discord = await openDiscord();
  const port = Number(new URL(discord.cdnOrigin).port);
  await expect(startLocalDiscord({ port })).rejects.toThrow(/EADDRINUSE/);
});

test('closing leaves neither files nor a port behind', async () => {
  const discord = await startLocalDiscord();
  const upload = await discord.upload(discord.world.people.member.id, {
    name: 'a.png',
    bytes: PIXEL,
  });
  const { path, sha256 } = await discord.file(upload.id);
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  await discord.close();
  await expect(access(path)).rejects.toThrow();
  await expect(fetch(discord.apiUrl)).rejects.toThrow();
});
