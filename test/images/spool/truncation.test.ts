import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isCompleteImage } from '../../../src/images/spool/truncation.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-whole-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function isWhole(bytes: Buffer, mime: string) {
  const path = join(folder, 'picture');
  await writeFile(path, bytes);
  return await isCompleteImage({ path, mime, bytes: bytes.length });
}

describe('a picture', () => {
  it.each(['png', 'jpeg', 'webp'] as const)(
    'that is a %s is whole to its end, and not when it breaks off',
    async (format) => {
      const bytes = await sharp({
        create: { width: 90, height: 80, channels: 3, background: '#336699' },
      })
        .toFormat(format)
        .toBuffer();
      const mime = `image/${format}`;
      expect(await isWhole(bytes, mime)).toBe(true);
      expect(await isWhole(Buffer.concat([bytes, Buffer.alloc(100)]), mime)).toBe(true);
      for (const missing of [2, 20, bytes.length / 2]) {
        const cut = bytes.subarray(0, bytes.length - missing);
        // PNG's end stands a few bytes before the file's: what is cut behind it is no loss.
        const isLoss = format !== 'png' || missing > 8;
        expect(await isWhole(cut, mime)).toBe(!isLoss);
      }
    },
  );

  it('of a type without a known end counts as whole', async () => {
    expect(await isWhole(Buffer.from('GIF89a'), 'image/gif')).toBe(true);
  });
});
