import type { Sandbox } from '@darkroom/sandbox';
import type { Page } from 'playwright-core';

/** One picture of the README: how large, in which light, and what is done before it is taken. */
export interface Scene {
  name: string;
  width: number;
  height: number;
  theme: 'dark' | 'light';
  /** Who looks; each scene has a channel of its own where it matters. */
  address: string;
  play(page: Page, sandbox: Sandbox): Promise<void>;
}

const WAIT = { timeout: 60_000 };

/** Types a whole command and sends it. */
async function sendCommand(page: Page, line: string): Promise<void> {
  await page.locator('#composer-place textarea').first().fill(line);
  await page.locator('.command-line .tail').press('Enter');
}

/** Waits for the newest message to hold that many pictures, and for each of them to have loaded. */
async function waitForPicture(page: Page, count = 1): Promise<void> {
  const images = page.locator('#messages > li:last-child .embed .gallery img');
  await images.nth(count - 1).waitFor(WAIT);
  for (const image of await images.all()) {
    await image.evaluate((element: { decode(): Promise<void> }) => element.decode());
  }
}

/** Waits until the model's draft is shown beside its thought. */
async function waitForDraft(page: Page): Promise<void> {
  const image = page.locator('#messages > li:last-child .embed-thumbnail img');
  await image.waitFor(WAIT);
  await image.evaluate((element: { decode(): Promise<void> }) => element.decode());
}

const FOX = '/imagine prompt:a red fox in fresh snow, low winter sun ratio:16:9';
const LIGHTHOUSE = '/imagine prompt:a lighthouse in fog, seen from the sea ratio:16:9 model:Pro 3';

async function developing(page: Page, { gemini }: Sandbox): Promise<void> {
  await sendCommand(page, FOX);
  await waitForPicture(page);
  // Slow enough for the draft to stand there for a while, on a busy machine too.
  gemini.controls.nextDirectives.push('[[draft]] [[slow:12]]');
  await sendCommand(page, LIGHTHOUSE);
  await waitForDraft(page);
}

export const SCENES: readonly Scene[] = [
  {
    name: 'page-dark',
    width: 1280,
    height: 980,
    theme: 'dark',
    address: '#as=member&in=Studio/general',
    play: developing,
  },
  {
    name: 'page-light',
    width: 1280,
    height: 980,
    theme: 'light',
    address: '#as=member&in=Studio/pictures',
    play: developing,
  },
  {
    name: 'edit',
    width: 1280,
    height: 860,
    theme: 'dark',
    address: '#as=member&in=Annex/general',
    play: async (page) => {
      await sendCommand(page, FOX);
      await waitForPicture(page);
      await page.getByRole('button', { name: 'Edit', exact: true }).click();
      await page.getByRole('dialog').getByLabel('What should be different?').fill('make it dusk');
    },
  },
  {
    name: 'gallery',
    width: 1280,
    height: 1080,
    theme: 'dark',
    address: '#as=owner&in=Annex/general',
    play: async (page) => {
      await sendCommand(
        page,
        '/imagine prompt:a sailing boat at sea, each time in another light count:4',
      );
      await waitForPicture(page, 4);
      await page.getByRole('button', { name: 'Edit 4', exact: true }).waitFor(WAIT);
    },
  },
  {
    name: 'wire',
    width: 1440,
    height: 860,
    theme: 'dark',
    address: '#as=moderator&in=Annex/general',
    play: async (page) => {
      await page.getByRole('button', { name: 'What goes over the wire' }).click();
      await sendCommand(page, '/imagine prompt:a boat on a lake at dawn');
      await waitForPicture(page);
      await page.locator('.log-list summary', { hasText: 'INTERACTION_CREATE' }).last().click();
    },
  },
  {
    name: 'phone',
    width: 390,
    height: 844,
    theme: 'dark',
    address: '#as=member&in=dm/Darkroom',
    play: async (page) => {
      await sendCommand(page, '/imagine prompt:a paper boat on a lake of ink ratio:3:4');
      await waitForPicture(page);
    },
  },
];
