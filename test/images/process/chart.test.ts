import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { drawUsageChart } from '../../../src/images/process/chart.ts';
import { layOutChart } from '../../../src/images/process/chart-layout.ts';
import { countLabel, createScale, dollarLabel } from '../../../src/images/process/chart-scale.ts';
import type { ChartDay, UsageChart } from '../../../src/images/process-client/calls.ts';

const run = promisify(execFile);

/** Thirty days, of which `change` says what some had. */
function sample(change: Record<number, Partial<ChartDay>> = {}, withCost = true): UsageChart {
  const days = Array.from({ length: 30 }, (_, index) => ({
    day: new Date(Date.UTC(2026, 9, 7 + index)).toISOString().slice(0, 10),
    pictures: { flash: 0, pro: 0 },
    costMicros: { flash: 0, pro: 0 },
    ...change[index],
  }));
  const words = {
    title: 'Last 30 days',
    pictures: 'Pictures a day',
    cost: 'Cost a day, in US dollars',
    models: { flash: 'Flash 3.1', pro: 'Pro 3' },
  };
  return { days, withCost, words };
}

const BUSY = { pictures: { flash: 30, pro: 10 }, costMicros: { flash: 2e6, pro: 1.3e6 } };

describe('the scale of a chart', () => {
  it.each([
    [0, 1, [0, 1]],
    [1, 1, [0, 1]],
    [3, 1, [0, 1, 2, 3]],
    [21, 1, [0, 10, 20, 30]],
    [40, 1, [0, 10, 20, 30, 40]],
    [1_296_300, 1, [0, 500_000, 1_000_000, 1_500_000]],
    [0, 0.01, [0, 0.01]],
    [0.039, 0.01, [0, 0.01, 0.02, 0.03, 0.04]],
    [1.43, 0.01, [0, 0.5, 1, 1.5]],
  ])('holds %s in steps of at least %s', (highest, smallestStep, ticks) => {
    expect(createScale(highest, smallestStep).ticks).toEqual(ticks);
  });

  it('never ends below its highest value, and has at most four steps', () => {
    for (let exponent = -2; exponent < 9; exponent++) {
      for (let factor = 1; factor < 10; factor += 0.37) {
        const highest = factor * 10 ** exponent;
        const { top, ticks } = createScale(highest, 0.01);
        expect(top).toBeGreaterThanOrEqual(highest * (1 - 1e-9));
        expect(ticks.length).toBeLessThanOrEqual(5);
      }
    }
  });

  it('writes numbers short enough for the axis', () => {
    expect([0, 250, 1_500, 3_000_000].map(countLabel)).toEqual(['0', '250', '1.5K', '3M']);
    expect(dollarLabel(0.5, 0.5)).toBe('$0.50');
    expect(dollarLabel(20, 10)).toBe('$20');
    expect(dollarLabel(40_000, 20_000)).toBe('$40K');
  });
});

describe('the layout of a chart', () => {
  const bars = (chart: UsageChart) =>
    layOutChart(chart).boxes.filter(
      ({ colour, width }) => ['#56b4e9', '#e69f00'].includes(colour) && width === 25,
    );

  it('stacks the models of a day without overlap, in proportion', () => {
    const [flash, pro] = bars(sample({ 12: BUSY }, false));
    expect(flash?.x).toBe(pro?.x);
    expect((flash?.y ?? 0) - ((pro?.y ?? 0) + (pro?.height ?? 0))).toBe(2);
    expect((flash?.height ?? 0) / (pro?.height ?? 1)).toBeCloseTo(3, 0);
  });

  it('keeps a place for each day, whether it had anything or not', () => {
    const [first] = bars(sample({ 0: BUSY }, false));
    const [last] = bars(sample({ 29: BUSY }, false));
    const slot = ((last?.x ?? 0) - (first?.x ?? 0)) / 29;
    const [middle] = bars(sample({ 15: BUSY }, false));
    expect(Math.abs((middle?.x ?? 0) - ((first?.x ?? 0) + 15 * slot))).toBeLessThanOrEqual(1);
  });

  it('shows one picture beside a day of a million', () => {
    const one = { pictures: { flash: 0, pro: 1 } };
    const million = { pictures: { flash: 1_000_000, pro: 0 } };
    expect(bars(sample({ 3: one, 9: million }, false)).every(({ height }) => height >= 4)).toBe(
      true,
    );
  });

  it.each<Record<number, Partial<ChartDay>>>([
    {},
    { 29: BUSY },
    { 3: BUSY, 9: { pictures: { flash: 1e9, pro: 1 } } },
  ])('keeps everything inside of the picture', (change) => {
    const { width, height, boxes, labels } = layOutChart(sample(change));
    for (const box of [...boxes, ...labels]) {
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.y).toBeGreaterThanOrEqual(0);
      expect(box.y + box.height).toBeLessThanOrEqual(height);
      // The last date is centred below its bar: its box, not its text, may reach a little over.
      expect(box.x + box.width).toBeLessThanOrEqual(width + 16);
    }
  });

  it('has no panel of costs where prices are not known', () => {
    const words = layOutChart(sample({ 4: BUSY }, false)).labels.map((label) => label.words);
    expect(words).toContain('Pictures a day');
    expect(words.join()).not.toMatch(/Cost|\$/);
  });
});

describe('a drawn chart', () => {
  it('is a small opaque PNG', async () => {
    const png = await drawUsageChart(sample({ 4: BUSY, 20: BUSY }));
    expect(await sharp(png).metadata()).toMatchObject({ format: 'png', width: 1_200, height: 736 });
    expect(png.length).toBeLessThan(100_000);
    expect((await sharp(png).stats()).isOpaque).toBe(true);
  });

  it('is the same on a machine without any fonts', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'darkroom-chart-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, 'fonts.conf'), '<fontconfig></fontconfig>');
    const script = [
      `import { drawUsageChart } from ${JSON.stringify(resolve('src/images/process/chart.ts'))};`,
      'const png = await drawUsageChart(JSON.parse(process.argv[1]));',
      "process.stdout.write(Buffer.from(png).toString('base64'));",
    ].join('\n');
    const chart = sample({ 4: BUSY, 20: BUSY });
    const { stdout } = await run(
      process.execPath,
      ['--input-type=module', '--eval', script, JSON.stringify(chart)],
      { env: { FONTCONFIG_FILE: join(folder, 'fonts.conf'), HOME: folder }, maxBuffer: 1e7 },
    );
    const here = Buffer.from(await drawUsageChart(chart));
    expect(stdout === here.toString('base64')).toBe(true);
    // And there is text: the rows of the title hold light pixels.
    const title = await sharp(here).extract({ left: 36, top: 20, width: 300, height: 40 }).stats();
    expect(title.channels[0]?.max).toBeGreaterThan(200);
  });
});
