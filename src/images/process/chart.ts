import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Font } from 'satori';
import sharp from 'sharp';
import type { UsageChart } from '../process-client/calls.ts';
import { type Box, type ChartLayout, type Label, layOutChart } from './chart-layout.ts';

const require = createRequire(import.meta.url);
const WEIGHTS = [400, 600] as const;

/**
 * Draws pictures and cost a day, models stacked, as a PNG of 1200 pixels' width that reads well at
 * the third of it that Discord shows. All text is drawn as paths with the font of an npm package:
 * a machine without fonts draws the same picture, byte for byte.
 */
export async function drawUsageChart(chart: UsageChart): Promise<Uint8Array<ArrayBuffer>> {
  const layout = layOutChart(chart);
  const { width, height, boxes } = layout;
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `${boxes.map(rectangle).join('')}${await typeset(layout)}</svg>`;
  const png = await sharp(Buffer.from(svg)).png({ palette: true, colours: 64 }).toBuffer();
  return new Uint8Array(png);
}

function rectangle({ x, y, width, height, colour, radius = 0 }: Box): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}" fill="${colour}"/>`;
}

/** All labels as one SVG of paths, to lie over the boxes. */
async function typeset({ width, height, labels }: ChartLayout): Promise<string> {
  const style = { display: 'flex', width, height, fontFamily: 'Inter' };
  const element = { type: 'div', props: { style, children: labels.map(labelElement) } };
  const fonts = await loadFonts();
  // Loaded with the first chart: most days nobody asks for one.
  const { default: satori } = await import('satori');
  return await satori(element as Parameters<typeof satori>[0], { width, height, fonts });
}

function labelElement({ words, x, y, width, height, align, colour, fontSize, weight }: Label) {
  return {
    type: 'div',
    props: {
      style: {
        display: 'flex',
        position: 'absolute',
        left: x,
        top: y,
        width,
        height,
        alignItems: 'center',
        justifyContent: align,
        whiteSpace: 'nowrap',
        color: colour,
        fontSize,
        fontWeight: weight,
      },
      children: words,
    },
  };
}

/** Read anew for each chart: two files of 30 kB, for something that is drawn now and then. */
async function loadFonts(): Promise<Font[]> {
  return await Promise.all(
    WEIGHTS.map(async (weight): Promise<Font> => {
      const path = require.resolve(`@fontsource/inter/files/inter-latin-${weight}-normal.woff`);
      return { name: 'Inter', weight, style: 'normal', data: await readFile(path) };
    }),
  );
}
