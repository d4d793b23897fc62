import type { Page as Tab } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeInBrowser, newest, pictureOf, type Stage, startStage } from './support.ts';

/** Pixels between what is seen and the end of the list, once a few frames were drawn. */
async function fromEnd(tab: Tab): Promise<number> {
  return await tab.evaluate(`(async () => {
    for (let left = 4; left > 0; left -= 1) await new Promise(requestAnimationFrame);
    const { scrollHeight, scrollTop, clientHeight } = document.getElementById('scroller');
    return scrollHeight - scrollTop - clientHeight;
  })()`);
}

async function scrollUp(tab: Tab): Promise<void> {
  await tab.evaluate(`document.getElementById('scroller').scrollTop = 0`);
  await tab.getByRole('button', { name: 'Jump to present' }).waitFor();
}

describeInBrowser('the list of messages', () => {
  let stage: Stage;
  let post: (place: 'studioGeneral' | 'studioPictures', count: number) => Promise<void>;
  beforeAll(async () => {
    stage = await startStage();
    const { discord } = stage.sandbox;
    const { people, places } = discord.world;
    post = async (place, count) => {
      for (let number = 1; number <= count; number += 1) {
        const content = `line ${number} of ${count}`;
        const at = { userId: people.otherMember.id, channelId: places[place].id };
        await discord.post({ ...at, content });
      }
    };
  });
  afterEach(async () => {
    await stage?.closeTabs();
  });
  afterAll(async () => {
    await stage?.close();
  });

  it('stays at its end when a message grows before the scrolling is told', async () => {
    await post('studioGeneral', 40);
    const tab = await stage.open('member', 'Studio/general');
    await newest(tab).filter({ hasText: 'line 40' }).waitFor();
    await tab.evaluate(`(() => {
      const scroller = document.getElementById('scroller');
      const last = document.getElementById('messages').lastElementChild;
      const grow = (height) => {
        const box = document.createElement('div');
        box.style.height = height + 'px';
        last.append(box);
      };
      grow(50);
      scroller.scrollTop = scroller.scrollHeight;
      grow(700);
    })()`);
    expect(await fromEnd(tab)).toBeLessThan(2);
    expect(await tab.locator('#present').isVisible()).toBe(false);
  });

  it('says below that something new is there, and leads to it', async () => {
    const tab = await stage.open('member', 'Studio/general');
    await scrollUp(tab);
    await post('studioGeneral', 1);
    await tab.getByRole('button', { name: 'New messages' }).click();
    expect(await fromEnd(tab)).toBeLessThan(2);
    expect(await tab.locator('#present').isVisible()).toBe(false);
    expect(await tab.locator(':focus').getAttribute('id')).toBe('message-text');
  });

  it('goes to what one began oneself, from wherever one looked', async () => {
    const tab = await stage.open('member', 'Studio/general');
    await tab.locator('#message-text').fill('/imagine prompt:a kite');
    await tab.locator('.tail').press('Enter');
    const first = tab.locator('.message', { hasText: 'a kite' }).first();
    await pictureOf(first);
    await post('studioGeneral', 40);
    await newest(tab).filter({ hasText: 'line 40' }).waitFor();
    await first.getByRole('button', { name: 'Again', exact: true }).scrollIntoViewIfNeeded();
    await tab.getByRole('button', { name: 'Jump to present' }).waitFor();
    await first.getByRole('button', { name: 'Again', exact: true }).click();
    await pictureOf(newest(tab).filter({ hasText: 'a kite' }));
    expect(await fromEnd(tab)).toBeLessThan(2);

    await scrollUp(tab);
    await tab.locator('#message-text').fill('a word of my own');
    await tab.locator('#message-text').press('Enter');
    await newest(tab).filter({ hasText: 'a word of my own' }).waitFor();
    expect(await fromEnd(tab)).toBeLessThan(2);
  });

  it('says that older messages are not shown, and keeps no more than so many', async () => {
    const welcome = 'Older messages are not shown.';
    await post('studioPictures', 90);
    const tab = await stage.open('member', 'Studio/pictures');
    expect(await tab.getByText(welcome).count()).toBe(0);
    await post('studioPictures', 220);
    await newest(tab).filter({ hasText: 'line 220' }).waitFor();
    expect(await tab.locator('.message').count()).toBe(210);
    expect(await tab.getByText(welcome).count()).toBe(1);
    expect(await fromEnd(tab)).toBeLessThan(2);
    const later = await stage.open('member', 'Studio/pictures');
    expect(await later.getByText(welcome).count()).toBe(1);
  });

  it('says so when a message that is linked to is not there', async () => {
    const tab = await stage.open('member', 'Annex/general');
    const { id: guild } = stage.sandbox.discord.world.places.annex;
    const { id: channel } = stage.sandbox.discord.world.places.annexGeneral;
    await tab.locator('#message-text').fill(`https://discord.com/channels/${guild}/${channel}/3`);
    await tab.locator('#message-text').press('Enter');
    await newest(tab).locator('a').click();
    await tab.getByText('That message is not here any more.').waitFor();
    expect(stage.faults).toEqual([]);
  });
});
