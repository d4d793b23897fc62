import { AxeBuilder } from '@axe-core/playwright';
import type { Page as Tab } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeInBrowser, newest, pictureOf, type Stage, startStage } from './support.ts';

/** What axe finds that would keep somebody from using the page. */
async function barriers(tab: Tab): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page: tab }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

describeInBrowser('the page for everybody', () => {
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

  it.each([
    ['dark', 1280],
    ['light', 1280],
    ['dark', 360],
  ] as const)(
    'has no serious barrier in %s, %i pixels wide',
    async (colorScheme, width) => {
      const viewport = { width, height: 800 };
      const tab = await stage.open('owner', 'Studio/general', { colorScheme, viewport });
      const send = async (line: string) => {
        await tab.locator('#message-text').fill(line);
        await tab.locator('.tail').press('Enter');
      };
      await send('/imagine prompt:a boat');
      await pictureOf(newest(tab));
      await send('/usage ');
      await newest(tab).getByText('Dismiss message').waitFor();
      await tab.locator('#message-text').fill('/');
      await tab.getByRole('option').first().waitFor();
      expect(await barriers(tab)).toEqual([]);
      await tab.locator('#message-text').fill('');

      const edit = tab.getByRole('button', { name: 'Edit', exact: true }).last();
      await edit.click();
      await tab.getByRole('dialog').waitFor();
      expect(await barriers(tab)).toEqual([]);
      await tab.keyboard.press('Escape');

      for (const name of ['What goes over the wire', 'Controls of the sandbox']) {
        await tab.getByRole('button', { name }).click();
        expect(await barriers(tab)).toEqual([]);
        await tab.keyboard.press('Escape');
      }
      const scrolls = await tab.evaluate('document.documentElement.scrollWidth > innerWidth');
      expect(scrolls).toBe(false);
      expect(stage.faults).toEqual([]);
    },
    120_000,
  );

  it('patches a message without touching what stays', async () => {
    const tab = await stage.open('member', 'Studio/pictures');
    await tab.locator('#message-text').fill('/imagine prompt:a steady hand [[draft]] [[slow:3]]');
    await tab.locator('.tail').press('Enter');
    const message = newest(tab).filter({ hasText: 'a steady hand' });
    await message.waitFor();
    await message.evaluate((element: { marked?: boolean }) => {
      element.marked = true;
    });
    await message.getByRole('button', { name: 'Cancel' }).focus();
    await message.locator('strong').waitFor();
    expect(await tab.locator(':focus').textContent()).toBe('Cancel');
    await pictureOf(message);
    expect(await message.evaluate((element: { marked?: boolean }) => element.marked)).toBe(true);
  });
});

describeInBrowser('the page’s markdown', () => {
  let stage: Stage;
  let tab: Tab;
  beforeAll(async () => {
    stage = await startStage({ bot: false });
    tab = await stage.open('member', 'Elsewhere/general');
  });
  afterAll(async () => {
    await stage?.close();
  });

  it.each([
    [
      '**bold** and *slanted* and __lined__',
      '<strong>bold</strong> and <em>slanted</em> and <u>lined</u>',
    ],
    ['\\*\\*not bold\\*\\*', '**not bold**'],
    ['**a \\** b**', '<strong>a ** b</strong>'],
    ['snake_case_name', 'snake_case_name'],
    ['`**code**`', '<code>**code**</code>'],
    ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['**[[draft]]**', '<strong>[[draft]]</strong>'],
    ['<t:99999999999999:R>', '&lt;t:99999999999999:R&gt;'],
    ['2 * 3 * 4', '2 * 3 * 4'],
  ])('%j', async (text, html) => {
    expect(await render(text)).toBe(`<div class="line">${html}</div>`);
  });

  it('quotes, heads and prints small, line by line', async () => {
    expect(await render('> one\n> two\nthree')).toBe(
      '<blockquote><div class="line">one\ntwo</div></blockquote><div class="line">three</div>',
    );
    expect(await render('# Head\n-# small')).toBe(
      '<div class="heading heading-1">Head</div><div class="small-print">small</div>',
    );
    expect(await render('- a\n- b')).toBe('<ul><li>a</li><li>b</li></ul>');
    expect(await render('```ts\nlet a;\n```')).toMatch(/<pre.*><code>let a;\n<\/code><\/pre>/);
  });

  it('links only to the web, and to messages within the page', async () => {
    expect(await render('[click](javascript:alert(1))')).not.toContain('<a');
    expect(await render('[click](https://example.com/a_b)')).toContain(
      'href="https://example.com/a_b"',
    );
    expect(await render('https://discord.com/channels/1/2/3')).toContain('data-to="3"');
  });

  it('hides spoilers, and shows what ticks', async () => {
    expect(await render('||secret||')).toMatch(/class="spoiler".*secret/);
    expect(await render(`<t:${Math.floor(Date.now() / 1_000) - 90}:R>`)).toMatch(/1 minute ago/);
  });

  /** As the page's own module makes it. */
  async function render(text: string): Promise<string> {
    return await tab.evaluate(`(async () => {
      const { markdown } = await import('/markdown.js');
      const names = { user: (id) => id, role: (id) => id, channel: (id) => id };
      const box = document.createElement('div');
      box.append(...markdown(${JSON.stringify(text)}, names));
      return box.innerHTML;
    })()`);
  }
});
