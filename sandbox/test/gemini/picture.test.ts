import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { nearestRatio, pixels, RATIOS } from '../../gemini/catalogue.ts';
import { createTypesetter, MARK } from '../../gemini/picture/caption.ts';
import { createPainter, type PictureOrder } from '../../gemini/picture/painter.ts';

const order = (changes: Partial<PictureOrder> = {}): PictureOrder => ({
  ...pixels('4:3', '512'),
  prompt: 'a red fox in snow',
  note: 'a model · 4:3 · 512',
  format: 'png',
  references: [],
  seed: '',
  draft: false,
  grain: false,
  atLeastBytes: 0,
  ...changes,
});

describe('the pixels of a ratio and size', () => {
  it.each([
    ['1:1', '1K', 1024, 1024],
    ['16:9', '2K', 2752, 1536],
    ['9:16', '1K', 768, 1376],
    ['21:9', '4K', 6336, 2688],
  ] as const)('are those of the documents: %s at %s', (ratio, size, width, height) => {
    expect(pixels(ratio, size)).toEqual({ width, height });
  });

  it('lead back to their ratio', () => {
    for (const ratio of RATIOS) expect(nearestRatio(pixels(ratio, '1K'))).toBe(ratio);
  });
});

describe('drawing', () => {
  it('makes exactly the pixels that were ordered, in every ratio', async () => {
    const painter = await createPainter();
    for (const ratio of RATIOS) {
      const { width, height } = pixels(ratio, '512');
      const made = await sharp(await painter.paint(order({ width, height }))).metadata();
      expect({ width: made.width, height: made.height }).toEqual({ width, height });
    }
  });

  it('repeats itself byte for byte, in another painter too', async () => {
    const one = await (await createPainter()).paint(order());
    const other = await (await createPainter()).paint(order());
    expect(one.equals(other)).toBe(true);
  });

  it('differs clearly between prompts', async () => {
    const painter = await createPainter();
    const prompts = ['a red fox', 'a lighthouse at night', 'quarterly report', 'soup'];
    const looks = await Promise.all(
      prompts.map(async (prompt) => {
        const file = await painter.paint(order({ prompt }));
        return await sharp(file).resize(8, 6, { fit: 'fill' }).raw().toBuffer();
      }),
    );
    for (const [index, look] of looks.entries()) {
      for (const other of looks.slice(index + 1)) expect(distance(look, other)).toBeGreaterThan(8);
    }
  });

  it('shows the reference of an edit in the middle', async () => {
    const red = await sharp({
      create: { width: 90, height: 90, channels: 3, background: '#ff0000' },
    })
      .png()
      .toBuffer();
    const file = await (await createPainter()).paint(order({ references: [red], seed: 'red' }));
    const { width, height } = order();
    const middle = { left: width / 2 - 5, top: Math.round(height * 0.42), width: 10, height: 10 };
    const pixel = await sharp(file).extract(middle).resize(1, 1).removeAlpha().raw().toBuffer();
    expect([...pixel]).toEqual([255, 0, 0]);
  });

  it('takes any text as a prompt', async () => {
    const painter = await createPainter();
    const prompts = ['', '🎉', '日本', '<svg onload="x">&amp;', '\u0000\u202e', 'w'.repeat(4_000)];
    for (const prompt of prompts) {
      await expect(painter.paint(order({ prompt }))).resolves.toBeInstanceOf(Buffer);
    }
  });
});

describe('text', () => {
  it('becomes paths, so that no font of the machine is asked for', async () => {
    const { caption } = await createTypesetter();
    const svg = await caption({ title: 'Привет, un été', note: MARK }, { width: 600, height: 60 });
    expect(svg).not.toContain('<text');
    expect(svg.match(/<path/g)?.length).toBeGreaterThan(2);
  });

  it('looks the same on a machine without any font', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'no-fonts-'));
    try {
      const configuration = join(directory, 'fonts.conf');
      await writeFile(configuration, '<?xml version="1.0"?><fontconfig></fontconfig>');
      const here = await (await createPainter()).paint(order());
      const module = fileURLToPath(new URL('../../gemini/picture/painter.ts', import.meta.url));
      const script = `const { createPainter } = await import(${JSON.stringify(module)});
        const file = await (await createPainter()).paint(${JSON.stringify(order())});
        process.stdout.write(file.toString('base64'));`;
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--input-type=module', '--eval', script],
        {
          env: { PATH: process.env['PATH'], FONTCONFIG_FILE: configuration },
          maxBuffer: 10_000_000,
        },
      );
      expect(Buffer.from(stdout, 'base64').equals(here)).toBe(true);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

/** Mean difference of two small pictures, 0 to 255. */
function distance(one: Buffer, other: Buffer): number {
  return (
    one.reduce((sum, value, index) => sum + Math.abs(value - (other[index] ?? 0)), 0) / one.length
  );
}
