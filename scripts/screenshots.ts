import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Sandbox, startPage, startSandbox } from '@darkroom/sandbox';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { findChromium, launchChromium } from '../sandbox/test/page/chromium.ts';
import { SCENES, type Scene } from './screenshots/scenes.ts';

/**
 * `npm run screenshots [-- --out DIR] [--only NAME]`: the README's pictures, taken of the sandbox's
 * page with the real bot behind it.
 */
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'docs/pictures' },
    only: { type: 'string' },
  },
});

/** The typeface that Darkroom ships, so that the pictures are the same on every machine. */
const WEIGHTS = [400, 500, 600, 700];

async function typeface(): Promise<string> {
  const { resolve } = createRequire(import.meta.url);
  const faces = WEIGHTS.map(async (weight) => {
    const path = resolve(`@fontsource/inter/files/inter-latin-${weight}-normal.woff2`);
    const data = (await readFile(path)).toString('base64');
    return `@font-face { font-family: "Sandbox Inter"; font-weight: ${weight}; src: url(data:font/woff2;base64,${data}); }`;
  });
  return `${(await Promise.all(faces)).join('\n')}\n:root { --font: "Sandbox Inter", sans-serif !important; }`;
}

interface Studio {
  sandbox: Sandbox;
  url: string;
  style: string;
}

async function take(
  browser: Browser,
  scene: Scene,
  { sandbox, url, style }: Studio,
): Promise<Buffer> {
  const context = await browser.newContext({
    viewport: { width: scene.width, height: scene.height },
    deviceScaleFactor: 1.5,
    colorScheme: scene.theme,
    reducedMotion: 'reduce',
    locale: 'en-US',
    // The page's own policy keeps the typeface out, as it should.
    bypassCSP: true,
  });
  try {
    const page = await context.newPage();
    await page.goto(`${url}${scene.address}`);
    await page.addStyleTag({ content: style });
    await page.locator('.welcome').waitFor();
    await page.evaluate('document.fonts.ready');
    await scene.play(page, sandbox);
    return await page.screenshot();
  } finally {
    await context.close();
  }
}

const chromium = findChromium();
if (chromium === null) {
  process.stderr.write('No Chromium was found: install one, or name one in CHROMIUM.\n');
  process.exitCode = 1;
} else {
  const sandbox = await startSandbox({ gemini: { pace: 0.6 } });
  const page = await startPage(sandbox);
  const browser = await launchChromium(chromium);
  try {
    const style = await typeface();
    await mkdir(values.out, { recursive: true });
    for (const scene of SCENES) {
      if (values.only !== undefined && values.only !== scene.name) continue;
      const shot = await take(browser, scene, { sandbox, url: page.url, style });
      const path = join(values.out, `${scene.name}.png`);
      // A palette makes a third of it, and nobody sees the difference at a README's size.
      await writeFile(path, await sharp(shot).png({ palette: true, quality: 90 }).toBuffer());
      process.stdout.write(`${path}\n`);
    }
  } finally {
    await browser.close();
    await page.close();
    await sandbox.close();
  }
}
