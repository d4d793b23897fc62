import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import type { ImageFile } from '../../../src/domain.ts';

/** What a picture shows, from what compresses best to what compresses worst. */
export interface Scene {
  width: number;
  height: number;
  /** Height of the noise, 0–255; 0 is a plain gradient. */
  grain: number;
  /** `opaque` has an alpha channel that hides nothing. */
  alpha?: 'opaque' | 'real';
}

/** Repeatable noise: the same picture in every run. */
function createNoise(): () => number {
  let state = 1;
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d) + 0x6d2b_79f5;
    return (state >>> 8) / 2 ** 24;
  };
}

/** A picture with a gradient, soft shapes and grain, like a photograph. */
export function draw({ width, height, grain, alpha }: Scene): Sharp {
  const noise = createNoise();
  const channels = alpha === undefined ? 3 : 4;
  const pixels = Buffer.alloc(width * height * channels);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const soft = 60 * Math.sin(x / 37) + 40 * Math.cos((x + 2 * y) / 61);
      const light = 128 + soft + (noise() - 0.5) * grain;
      for (let channel = 0; channel < 3; channel++) {
        const value = light + ((x * (channel + 1)) / width) * 20 + (noise() - 0.5) * grain * 0.4;
        pixels[at++] = Math.max(0, Math.min(255, value));
      }
      if (alpha === 'opaque') pixels[at++] = 255;
      if (alpha === 'real') pixels[at++] = Math.round((255 * x) / width);
    }
  }
  return sharp(pixels, { raw: { width, height, channels } });
}

/** Puts a picture into a file, as the spool would describe it. */
export async function keep(
  directory: string,
  bytes: Buffer | Sharp,
  mime = 'image/png',
): Promise<ImageFile> {
  const content = Buffer.isBuffer(bytes) ? bytes : await bytes.toBuffer();
  const path = join(directory, `picture-${content.length}`);
  await writeFile(path, content);
  const { width = 0, height = 0 } = await sharp(path, { limitInputPixels: false })
    .metadata()
    .catch(() => ({}) as { width?: number; height?: number });
  return { path, bytes: (await stat(path)).size, mime, width, height };
}

/** A PNG with one more chunk behind its header. */
export function withChunk(png: Buffer, type: string, content: Buffer): Buffer {
  const afterHeader = 33;
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(content.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return Buffer.concat([png.subarray(0, afterHeader), chunk, png.subarray(afterHeader)]);
}

/** A PNG whose header claims another size. */
export function withClaimedSize(png: Buffer, width: number, height: number): Buffer {
  const claimed = Buffer.from(png);
  claimed.writeUInt32BE(width, 16);
  claimed.writeUInt32BE(height, 20);
  claimed.writeUInt32BE(crc32(claimed.subarray(12, 29)), 29);
  return claimed;
}
