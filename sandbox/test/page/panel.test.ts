import type { Page as Tab } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInBrowser, pictureOf, type Stage, startStage } from './support.ts';

describeInBrowser('the panel', () => {
  let stage: Stage;
  let tab: Tab;
  beforeAll(async () => {
    stage = await startStage();
    tab = await stage.open('member', 'Studio/general');
    await tab.getByRole('button', { name: 'Controls of the sandbox' }).click();
  });
  afterAll(async () => {
    await stage?.close();
  });

  it('shows how the controls stand after all is as it was', async () => {
    const limits = tab.getByRole('switch', { name: 'Rate limits are counted' });
    const upload = tab.getByLabel('One file may have');
    await limits.click();
    await tab.getByRole('radio', { name: 'Slow' }).click();
    await upload.selectOption('1 MB');
    // The limit that holds is told wherever one is told.
    await tab.getByText('Files up to 1 MB').waitFor();
    await tab.getByText('One file may have 1 MB here.').waitFor();
    await tab.getByRole('button', { name: 'Everything as it was' }).click();
    await tab.getByText('Files up to 20 MB').waitFor();
    expect(await limits.isChecked()).toBe(true);
    expect(await tab.getByRole('radio', { name: 'At once' }).isChecked()).toBe(true);
    expect(await upload.inputValue()).toBe('');
  });

  it('shows what becomes of a command whose acknowledgement is held, not of its completion', async () => {
    const label = 'Hold every acknowledgement for 4 s, until taken back';
    await tab.getByLabel('Make one call fail').selectOption(label);
    await tab.getByText('1 waiting').waitFor();
    const { controls } = stage.sandbox.discord;
    const { acknowledgeWithinMs } = controls.settings();
    controls.set({ acknowledgeWithinMs: 300 });
    try {
      await tab.locator('#message-text').fill('/imagine prompt:too late');
      await tab.locator('.tail').press('Enter');
      await tab.getByText('The application did not respond').waitFor();
    } finally {
      controls.set({ acknowledgeWithinMs });
    }
    await tab.getByRole('button', { name: 'Take back' }).click();
    await tab.getByText('1 waiting').waitFor({ state: 'detached' });
  });

  it('shows the body of the newest call when it is opened', async () => {
    await tab.getByRole('tab', { name: 'Wire log' }).click();
    await tab.getByLabel('Filter the log').fill('callback');
    await tab.locator('#message-text').fill('/imagine prompt:a wire');
    await tab.locator('.tail').press('Enter');
    await pictureOf(tab.locator('.message', { hasText: 'a wire' }));
    await tab.locator('.log-list li summary').last().click();
    // Not the last one any more: the call that was held above may be told of meanwhile.
    const call = tab.locator('.log-list li', { has: tab.locator('details[open]') });
    await call.locator('pre').waitFor();
    const seen = await call.evaluate(
      (element: { getBoundingClientRect(): { bottom: number }; parentElement: unknown }) => {
        const list = element.parentElement as typeof element;
        return list.getBoundingClientRect().bottom - element.getBoundingClientRect().bottom;
      },
    );
    expect(seen).toBeGreaterThanOrEqual(-1);
  });

  it('gives the focus back to the button that opened it', async () => {
    await tab.getByRole('button', { name: 'Close the panel' }).press('Enter');
    expect(await tab.locator(':focus').getAttribute('aria-label')).toBe('What goes over the wire');
    expect(stage.faults).toEqual([]);
  });
});
