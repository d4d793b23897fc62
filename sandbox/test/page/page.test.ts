import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import {
  describeInBrowser,
  giveFile,
  newest,
  pictureOf,
  type Stage,
  smallPicture,
  startStage,
} from './support.ts';

describeInBrowser('the page', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage();
  });
  afterEach(async () => {
    await stage?.closeTabs();
  });
  afterAll(async () => {
    await stage?.close();
  });

  it('takes /imagine by keyboard alone, to the picture', async () => {
    const tab = await stage.open('member', 'Studio/general');
    const { keyboard } = tab;
    await keyboard.type('/im');
    await tab.getByRole('option', { name: '/imagine' }).waitFor();
    await keyboard.press('Tab');
    // Whoever types the option's name as well gets it once.
    await keyboard.type('prompt:a red fox in snow');
    await keyboard.press('Tab');
    // The end of the line offers the other options; typing narrows them down.
    await keyboard.type('rat');
    await keyboard.press('Enter');
    await tab.getByRole('option', { name: '16:9' }).waitFor();
    await keyboard.type('16');
    await keyboard.press('Enter');
    await keyboard.type('size:');
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    await keyboard.press('Enter');
    const message = newest(tab);
    expect(await pictureOf(message)).toBe(2752);
    expect(await message.textContent()).toMatch(
      /Member used \/imagine\s*DarkroomApp.*a red fox in snow.*16:9 · 2K \(2752×1536\)/s,
    );
    const open = message.getByRole('button', { name: 'Open the picture: a red fox in snow' });
    expect(await open.count()).toBe(1);
    expect(stage.faults).toEqual([]);
  });

  it('takes a whole line at once, and asks for what is missing', async () => {
    const tab = await stage.open('member', 'Studio/general');
    const text = tab.locator('#message-text');
    await text.fill('/imagine ratio:4:3 model:Pro 3');
    await tab.locator('.tail').press('Enter');
    await tab.getByRole('alert').filter({ hasText: 'prompt: This option is required' }).waitFor();
    await tab.keyboard.type('a boat');
    await tab.keyboard.press('Enter');
    const message = newest(tab).filter({ hasText: 'a boat' });
    expect(await pictureOf(message)).toBe(1200);
    expect(await message.textContent()).toContain('Pro 3 · 4:3');
  });

  it('edits by a form with an uploaded file', async () => {
    const tab = await stage.open('member', 'Studio/pictures');
    await tab.locator('#message-text').fill('/imagine prompt:a lake');
    await tab.locator('.tail').press('Enter');
    await pictureOf(newest(tab));
    const before = stage.sandbox.gemini.requests.length;
    await newest(tab).getByRole('button', { name: 'Edit', exact: true }).click();
    const form = tab.getByRole('dialog');
    await form.getByRole('button', { name: 'Submit' }).click();
    await form.getByText('This field is required').waitFor();
    await form.getByLabel('What should be different?').fill('add a llama');
    const picker = form.locator('input[type=file]');
    expect(await picker.getAttribute('accept')).toMatch(/^\.png,.*\.tiff$/);
    await picker.setInputFiles([{ ...(await smallPicture()), name: 'photo.heic' }]);
    await form.getByText('Only these files can be added: .png').waitFor();
    await picker.setInputFiles(await smallPicture());
    await form.getByText('photo.png').waitFor();
    await form.getByRole('button', { name: /^Size/ }).click();
    await tab.getByRole('option', { name: '2K' }).click();
    await form.getByRole('button', { name: 'Submit' }).click();
    await form.waitFor({ state: 'detached' });
    const message = newest(tab).filter({ hasText: 'add a llama' });
    expect(await pictureOf(message)).toBe(2048);
    const [request] = stage.sandbox.gemini.requests.slice(before);
    expect(request?.references).toHaveLength(2);
  });

  it('gives a dropped picture to the command’s file option', async () => {
    const tab = await stage.open('member', 'Studio/general');
    await tab.locator('#message-text').fill('/edit instruction:add a llama');
    await giveFile(tab, 'drop', '#scroller');
    await tab.locator('.upload-card', { hasText: 'photo.png' }).waitFor();
    await tab.keyboard.press('Enter');
    await pictureOf(newest(tab).filter({ hasText: 'add a llama' }));
  });

  it('takes files into a form wherever they are dropped or pasted on it', async () => {
    const tab = await stage.open('member', 'Studio/general');
    await tab.locator('#message-text').fill('/imagine prompt:a meadow');
    await tab.locator('.tail').press('Enter');
    await pictureOf(newest(tab).filter({ hasText: 'a meadow' }));
    await newest(tab).getByRole('button', { name: 'Edit', exact: true }).click();
    const form = tab.getByRole('dialog');
    await form.getByLabel('What should be different?').focus();
    expect(await giveFile(tab, 'paste', 'dialog textarea')).toBe(true);
    expect(await giveFile(tab, 'drop', 'dialog header')).toBe(true);
    await form.getByRole('listitem').nth(1).waitFor();
    expect(await form.getByText('photo.png').count()).toBe(2);
    // Beside the form it opens nothing.
    expect(await giveFile(tab, 'drop', '#sidebar')).toBe(true);
  });

  it('offers its commands to who added the app to their own account', async () => {
    const tab = await stage.open('installer', 'Elsewhere/general');
    await tab.locator('.example').first().click();
    await tab.locator('.tail').press('Enter');
    await pictureOf(newest(tab).filter({ hasText: 'a red fox' }));
    const other = await stage.open('member', 'Elsewhere/quiet');
    await other.locator('#message-text').fill('/imagine prompt:a lake');
    await other.locator('#message-text').press('Enter');
    await other.getByText('No command /imagine is offered to you here.').waitFor();
    expect(await other.locator('.example').count()).toBe(0);
    expect(await other.locator('.message').count()).toBe(0);
  });

  it('says how long a message may be', async () => {
    const tab = await stage.open('member', 'Elsewhere/general');
    await tab.locator('#message-text').fill('a'.repeat(2_500));
    await tab.locator('#message-text').press('Enter');
    await tab.getByText('A message may have 2000 characters; this one has 2500.').waitFor();
    // As a browser says it of every answer that is a refusal.
    expect(stage.faults.splice(0)).toEqual([expect.stringContaining('status of 422')]);
  });

  it('cancels', async () => {
    const tab = await stage.open('member', 'Annex/general');
    await tab.locator('#message-text').fill('/imagine prompt:a boat [[slow:60]]');
    await tab.locator('.tail').press('Enter');
    await newest(tab).getByRole('button', { name: 'Cancel' }).click();
    await newest(tab)
      .getByText(/cancelled/)
      .first()
      .waitFor();
    expect(await newest(tab).getByRole('button', { name: 'Cancel' }).count()).toBe(0);
  });

  it('shows the transcript to who asked for it alone, until it is dismissed', async () => {
    const tab = await stage.open('member', 'Annex/general');
    const other = await stage.open('other-member', 'Annex/general');
    await tab.locator('#message-text').fill('/imagine prompt:a quiet harbour');
    await tab.locator('.tail').press('Enter');
    await pictureOf(newest(tab).filter({ hasText: 'a quiet harbour' }));
    await newest(tab).getByRole('button', { name: 'Thinking', exact: true }).click();
    const transcript = tab.locator('.message', { hasText: 'Only you can see this' });
    await transcript.waitFor();
    // What others wrote later has arrived, so the transcript has not.
    await other.locator('#message-text').fill('nice');
    await other.locator('#message-text').press('Enter');
    await other.locator('.message', { hasText: 'nice' }).waitFor();
    expect(await other.getByText('Only you can see this').count()).toBe(0);
    await transcript.getByRole('button', { name: 'Dismiss message' }).click();
    await tab.getByText('Only you can see this').waitFor({ state: 'detached' });
  });

  it('shows two members each other’s commands, and lets a moderator delete them', async () => {
    const one = await stage.open('member', 'Elsewhere/general');
    await one.getByRole('button', { name: 'Studio' }).click();
    const two = await stage.open('other-member', 'Studio/general');
    const send = async (tab: typeof one, prompt: string) => {
      await tab.locator('#message-text').fill(`/imagine prompt:${prompt}`);
      await tab.locator('.tail').press('Enter');
    };
    await Promise.all([send(one, 'an apple'), send(two, 'a pear')]);
    for (const tab of [one, two]) {
      await pictureOf(tab.locator('.message', { hasText: 'an apple' }));
      await pictureOf(tab.locator('.message', { hasText: 'a pear' }));
    }
    const menuOf = async (tab: typeof one) => {
      await tab
        .locator('.message', { hasText: 'a pear' })
        .click({ button: 'right', position: { x: 200, y: 8 } });
      return tab.getByRole('menu');
    };
    expect(await (await menuOf(one)).getByText('Delete message').count()).toBe(0);
    await one.keyboard.press('Escape');
    await one.getByRole('button', { name: /^You are Member/ }).click();
    await one.getByRole('menuitemradio', { name: /^Moderator/ }).click();
    await one.getByRole('button', { name: /^You are Moderator/ }).waitFor();
    await (await menuOf(one)).getByText('Delete message').click();
    await two.locator('.message', { hasText: 'a pear' }).waitFor({ state: 'detached' });
  });

  it('follows a bot that dies in mid-generation and comes back', async () => {
    const tab = await stage.open('member', 'Studio/pictures');
    stage.sandbox.gemini.controls.pace = 1;
    await tab.locator('#message-text').fill('/imagine prompt:a long night');
    await tab.locator('.tail').press('Enter');
    const message = newest(tab).filter({ hasText: 'a long night' });
    await message.getByText(/\S/).first().waitFor();
    await tab.getByRole('button', { name: 'Controls of the sandbox' }).click();
    await tab.getByRole('button', { name: 'Kill and start again' }).click();
    await tab.getByText('Darkroom is online').waitFor({ timeout: 30_000 });
    stage.sandbox.gemini.controls.pace = 0;
    expect(await pictureOf(message)).toBe(1024);
    expect(stage.faults).toEqual([]);
  });

  it('opens a picture large, and goes back to it', async () => {
    const tab = await stage.open('owner', 'Annex/general');
    await tab.locator('#message-text').fill('/imagine prompt:a window');
    await tab.locator('.tail').press('Enter');
    const message = newest(tab).filter({ hasText: 'a window' });
    await pictureOf(message);
    await message.getByRole('button', { name: 'Open the picture: a window' }).press('Enter');
    await tab
      .getByRole('dialog', { name: 'Picture' })
      .getByText(/\.png · 1024×1024/)
      .waitFor();
    await tab.keyboard.press('Escape');
    await tab.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await tab.locator(':focus').getAttribute('aria-label')).toBe(
      'Open the picture: a window',
    );
  });

  it('goes from one picture of several to the next by mouse', async () => {
    const tab = await stage.open('owner', 'Annex/general');
    await tab.locator('#message-text').fill('/imagine prompt:two doors count:2');
    await tab.locator('.tail').press('Enter');
    const message = newest(tab).filter({ hasText: 'two doors' });
    await message
      .getByRole('button', { name: /^Open the picture/ })
      .nth(1)
      .waitFor();
    await message
      .getByRole('button', { name: /^Open the picture/ })
      .nth(0)
      .click();
    const viewer = tab.getByRole('dialog', { name: 'Picture' });
    await viewer.getByText('1 of 2').waitFor();
    await viewer.getByRole('button', { name: 'Next picture' }).click();
    await viewer.getByText('2 of 2').waitFor();
    await viewer.getByRole('button', { name: 'Previous picture' }).click();
    await viewer.getByText('1 of 2').waitFor();
  });

  it('says so when nothing answers a command', async () => {
    const tab = await stage.open('owner', 'Studio/general');
    stage.sandbox.discord.controls.set({ acknowledgeWithinMs: 300 });
    stage.sandbox.discord.controls.injectFault({
      match: { route: 'callback' },
      effect: { kind: 'delay', ms: 600 },
    });
    try {
      await tab.locator('#message-text').fill('/imagine prompt:too late');
      await tab.locator('.tail').press('Enter');
      await tab.getByText('The application did not respond').waitFor();
    } finally {
      stage.sandbox.discord.controls.reset();
    }
  });

  it('writes down every call with its body', async () => {
    const tab = await stage.open('owner', 'Annex/general');
    await tab.getByRole('button', { name: 'What goes over the wire' }).click();
    await tab.locator('#message-text').fill('/imagine prompt:a wire');
    await tab.locator('.tail').press('Enter');
    await pictureOf(newest(tab).filter({ hasText: 'a wire' }));
    await tab.getByLabel('Filter the log').fill('callback');
    await tab.locator('.log-list li summary').last().click();
    const call = tab.locator('.log-list li', { has: tab.locator('details[open]') });
    expect(await call.locator('summary').textContent()).toContain('POST 204');
    expect(await call.locator('pre').textContent()).toContain('"type": 5');
  });

  it('weighs less than 150 KB, and less than 70 KB on the way', async () => {
    const tab = await stage.open('member', 'Studio/general');
    // The page alone: not the world that it shows, nor its pictures.
    const sumOf = (size: string) =>
      tab.evaluate(
        `performance.getEntries().filter((e) => !/\\/(?:files|api)\\//.test(e.name)).reduce((sum, e) => sum + (e.${size} ?? 0), 0)`,
      );
    const sent = await sumOf('transferSize');
    expect(sent).toBeGreaterThan(10_000);
    expect(sent).toBeLessThan(70_000);
    const whole = await sumOf('decodedBodySize');
    expect(whole).toBeGreaterThan(100_000);
    expect(whole).toBeLessThan(150_000);
  });
});
