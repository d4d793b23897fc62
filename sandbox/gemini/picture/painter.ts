import sharp, { type Sharp } from 'sharp';
import type { Dimensions } from '../catalogue.ts';
import { createTypesetter } from './caption.ts';
import { box, type Frame, n, type PictureFormat } from './geometry.ts';
import { padTo } from './padding.ts';
import { type Random, seededRandom } from './random.ts';
import { paintScene } from './scene.ts';

export interface PictureOrder extends Dimensions {
  /** What the picture shows; without its directives. */
  prompt: string;
  /** The line under the mark: model, ratio and size. */
  note: string;
  format: PictureFormat;
  /** Reference pictures as files; the first one is shown large, three more small. */
  references: readonly Buffer[];
  /** Seeds the drawing, with the prompt; a second picture of one answer takes another. */
  seed: string;
  /** A fainter look, for pictures that the model shows before the last one. */
  draft: boolean;
  /** Noise in every pixel, so that a PNG is as heavy as a photograph. */
  grain: boolean;
  /** Lengthens the file to this many bytes; 0 leaves it. */
  atLeastBytes: number;
}

export interface Painter {
  /** The same order gives the same bytes. */
  paint(order: PictureOrder): Promise<Buffer>;
}

/** Draws pictures and keeps the last few, by order. */
export async function createPainter(keep = 4): Promise<Painter> {
  const typesetter = await createTypesetter();
  const kept = new Map<string, Promise<Buffer>>();

  const draw = async (order: PictureOrder): Promise<Buffer> => {
    const random = seededRandom(`${order.seed}\n${order.prompt}\n${order.note}`);
    const short = Math.min(order.width, order.height);
    const margin = Math.round(short * 0.04);
    const strip = Math.round(short * 0.1);
    const frame: Frame = {
      x: margin,
      y: margin,
      width: order.width - margin * 2,
      height: order.height - margin * 2.4 - strip,
    };
    const size = { width: frame.width, height: strip };
    const caption = await typesetter.caption({ title: order.prompt, note: order.note }, size);
    const svg = [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${order.width}" height="${order.height}">`,
      `<rect width="100%" height="100%" fill="#f5f1ea"/>`,
      paintScene(order.prompt, frame, random),
      order.draft ? `<rect ${box(frame)} fill="#f5f1ea" fill-opacity="0.45"/>` : '',
      `<g transform="translate(${margin} ${n(frame.y + frame.height + margin * 0.7)})">${caption}</g>`,
      '</svg>',
    ].join('\n');
    const layers = await Promise.all(
      order.references.slice(0, 4).map((file, index) => mount(file, index, frame)),
    );
    let image = sharp(Buffer.from(svg), { limitInputPixels: false }).flatten().composite(layers);
    if (order.grain) image = await addGrain(image, random);
    return padTo(await encode(image, order.format), order.format, order.atLeastBytes);
  };

  return {
    paint: async (order) => {
      // The references' bytes are in the seed's stead: the caller seeds with their hashes.
      const key = JSON.stringify({ ...order, references: order.references.length });
      const known = kept.get(key);
      const picture = known ?? draw(order);
      kept.delete(key);
      kept.set(key, picture);
      for (const oldest of kept.keys()) {
        if (kept.size <= keep) break;
        kept.delete(oldest);
      }
      try {
        return await picture;
      } catch (error) {
        kept.delete(key);
        throw error;
      }
    },
  };
}

/** A reference as a small print with a white border, laid on the scene. */
async function mount(
  file: Buffer,
  index: number,
  frame: Frame,
): Promise<{ input: Buffer; left: number; top: number }> {
  const share = index === 0 ? 0.62 : 0.2;
  const border = Math.round(Math.min(frame.width, frame.height) * 0.012);
  // As stored, as in `request.ts`: whoever sends a picture sees that it is upright.
  const print = sharp(file)
    .resize(Math.round(frame.width * share), Math.round(frame.height * share), { fit: 'inside' })
    .flatten({ background: '#ffffff' })
    .extend({ top: border, bottom: border, left: border, right: border, background: '#fdfbf7' })
    .png({ compressionLevel: 1 });
  const { data, info } = await print.toBuffer({ resolveWithObject: true });
  const gap = Math.round(frame.width * 0.025);
  if (index === 0) {
    const left = Math.round(frame.x + (frame.width - info.width) / 2);
    return { input: data, left, top: Math.round(frame.y + (frame.height - info.height) / 2) };
  }
  const slot = Math.round(frame.width * 0.2 + border * 2 + gap);
  const left = Math.round(frame.x + gap + (index - 1) * slot);
  return { input: data, left, top: Math.round(frame.y + frame.height - info.height - gap) };
}

/** Adds to each channel a value that the random stream repeats; blocks the thread for a 4K's 150 ms. */
async function addGrain(image: Sharp, random: Random): Promise<Sharp> {
  const { data, info } = await image.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  let state = random.whole(1, 0x7fffffff);
  for (let index = 0; index < data.length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const value = (data[index] ?? 0) + (state & 15) - 8;
    data[index] = Math.max(0, Math.min(255, value));
  }
  const { width, height, channels } = info;
  return sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
}

async function encode(image: Sharp, format: PictureFormat): Promise<Buffer> {
  switch (format) {
    case 'png':
      return await image.png({ compressionLevel: 4 }).toBuffer();
    case 'jpeg':
      return await image.jpeg({ quality: 92, chromaSubsampling: '4:4:4' }).toBuffer();
    case 'webp':
      return await image.webp({ quality: 90, effort: 2 }).toBuffer();
  }
}
