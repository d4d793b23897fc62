import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  Locator,
  Page as Tab,
} from 'playwright-core';
import { describe, it } from 'vitest';
import { startPage } from '../../page/page.ts';
import { type Sandbox, startSandbox } from '../../sandbox.ts';
import { findChromium, launchChromium } from './chromium.ts';

const chromium = findChromium();

/** In CI a missing browser must not pass for a success. */
const required = (process.env['BROWSER_TESTS'] ?? '') === 'required';

const why = 'no Chromium was found: install one, or name one in CHROMIUM';
if (chromium === null) process.stderr.write(`The tests of the page do not run: ${why}.\n`);

/**
 * A suite that needs a real browser. Without one it is skipped by a name that says so, or fails
 * where `BROWSER_TESTS=required` is set.
 */
export function describeInBrowser(name: string, suite: () => void): void {
  if (chromium !== null) describe(name, suite);
  else if (!required) describe.skip(`${name} (not tested: ${why})`, suite);
  else
    it(`${name} needs a browser`, () => {
      throw new Error(why);
    });
}

/** A sandbox with its page and a browser to look at it. */
export interface Stage {
  sandbox: Sandbox;
  /** A tab of its own for this person, in this place (`Studio/general`). */
  open(as: string, place: string, options?: BrowserContextOptions): Promise<Tab>;
  /** Closes every tab: one that nobody looks at any more still draws what happens there. */
  closeTabs(): Promise<void>;
  /** What went wrong in any tab: errors, and requests that left the machine. */
  faults: string[];
  close(): Promise<void>;
}

/** One browser for all the files of a worker; it ends with the worker, whose pipe it reads. */
let browser: Promise<Browser> | null = null;

/** @param bot False where the page is looked at without a bot behind it. */
export async function startStage({ bot = true } = {}): Promise<Stage> {
  if (chromium === null) throw new Error('no Chromium');
  browser ??= launchChromium(chromium);
  const [shared, sandbox] = await Promise.all([browser, startSandbox(bot ? {} : { bot })]);
  const page = await startPage(sandbox);
  const contexts: BrowserContext[] = [];
  const faults: string[] = [];
  const closeTabs = async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
  };
  return {
    sandbox,
    faults,
    closeTabs,
    async open(as, place, options = {}) {
      const context = await shared.newContext({ reducedMotion: 'reduce', ...options });
      contexts.push(context);
      const tab = await context.newPage();
      tab.on('pageerror', (error) => faults.push(error.message));
      tab.on('console', (message) => {
        if (message.type() === 'error') faults.push(message.text());
      });
      tab.on('request', (request) => {
        if (!/^(http:\/\/127\.0\.0\.1:|blob:|data:)/.test(request.url()))
          faults.push(request.url());
      });
      await tab.goto(`${page.url}#as=${as}&in=${place}`);
      await tab.locator('.welcome').waitFor();
      return tab;
    },
    async close() {
      await closeTabs();
      await page.close();
      await sandbox.close();
    },
  };
}

/** The newest message of the channel. */
export function newest(tab: Tab): Locator {
  return tab.locator('#messages > li').last();
}

/** The picture of the newest message, loaded; its width in pixels. */
export async function pictureOf(message: Locator): Promise<number> {
  const image = message.locator('.embed .gallery img');
  await image.waitFor();
  return await image.evaluate(
    async (element: { decode(): Promise<void>; naturalWidth: number }) => {
      await element.decode();
      return element.naturalWidth;
    },
  );
}

/** A small picture to give to a file field. */
export async function smallPicture(): Promise<{ name: string; mimeType: string; buffer: Buffer }> {
  const { default: sharp } = await import('sharp');
  const colour = { width: 60, height: 40, channels: 3, background: '#336699' } as const;
  const buffer = await sharp({ create: colour }).png().toBuffer();
  return { name: 'photo.png', mimeType: 'image/png', buffer };
}

/** Drops or pastes a small picture there; whether the page took the event for itself. */
export async function giveFile(tab: Tab, how: 'drop' | 'paste', where: string): Promise<boolean> {
  const { name, mimeType, buffer } = await smallPicture();
  return await tab.evaluate(`(() => {
    const bytes = Uint8Array.from(atob('${buffer.toString('base64')}'), (c) => c.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], '${name}', { type: '${mimeType}' }));
    const init = { bubbles: true, cancelable: true };
    const event = '${how}' === 'drop'
      ? new DragEvent('drop', { ...init, dataTransfer: data })
      : new ClipboardEvent('paste', { ...init, clipboardData: data });
    return !document.querySelector('${where}').dispatchEvent(event);
  })()`);
}
