import { MESSAGE } from '../discord-http/discord-limits.ts';
import { MODEL_LABELS, type ModelKey } from '../domain.ts';
import type { ChartDay, UsageChart } from '../images/process-client/calls.ts';
import { countText, moneyText } from '../texts/amounts.ts';
import type { Texts } from '../texts/english.ts';
import { joined, shorten } from '../texts/markdown.ts';
import type { PageFile } from './pages.ts';
import type { DayTotals } from './usage-page.ts';

const MODELS = Object.keys(MODEL_LABELS) as ModelKey[];

/** Draws a chart as a PNG, elsewhere. */
export type DrawChart = (chart: UsageChart) => Promise<Uint8Array<ArrayBuffer>>;

/**
 * Draws a server's days as a file for its page. Its alt text tells the numbers to those who cannot
 * see it. Null where no chart can be drawn for now: the page says the same in numbers.
 *
 * @param names Every UTC day to show, in order, those without anything too.
 */
export async function usageChartFile(
  totals: DayTotals[],
  names: string[],
  { costKnown, texts, draw }: { costKnown: boolean; texts: Texts; draw: DrawChart },
): Promise<PageFile | null> {
  const words = texts.usage.chart;
  const days = fillDays(totals, names);
  const pictures = countText(sumOf(days, 'pictures', MODELS));
  const cost = moneyText(sumOf(days, 'costMicros', MODELS));
  const bytes = await draw({
    days,
    withCost: costKnown,
    words: {
      title: words.title(names.length),
      pictures: words.pictures(pictures),
      cost: words.cost(cost),
      models: MODEL_LABELS,
    },
  }).catch(() => null);
  if (bytes === null) return null;
  return {
    name: 'usage.png',
    mime: 'image/png',
    bytes,
    alt: altText(days, costKnown, texts),
  };
}

/** One entry for each day, empty ones included. */
function fillDays(totals: DayTotals[], names: string[]): ChartDay[] {
  const byName = new Map(
    names.map((day): [string, ChartDay] => [
      day,
      { day, pictures: { flash: 0, pro: 0 }, costMicros: { flash: 0, pro: 0 } },
    ]),
  );
  for (const { day, model, pictures, costMicros } of totals) {
    const entry = byName.get(day);
    if (entry === undefined) continue;
    entry.pictures[model] += pictures;
    entry.costMicros[model] += costMicros;
  }
  return [...byName.values()];
}

type Amount = 'pictures' | 'costMicros';

function sumOf(days: ChartDay[], amount: Amount, models: readonly ModelKey[]): number {
  return days.reduce(
    (sum, day) => models.reduce((ofDay, model) => ofDay + day[amount][model], sum),
    0,
  );
}

function altText(days: ChartDay[], costKnown: boolean, texts: Texts): string {
  const words = texts.usage.chart;
  const total = (amount: Amount, show: (value: number) => string) =>
    [
      show(sumOf(days, amount, MODELS)),
      MODELS.map((model) =>
        words.altTotal(MODEL_LABELS[model], show(sumOf(days, amount, [model]))),
      ).join(', '),
    ] as const;
  const highest = days
    .map((day) => ({ day: day.day, count: sumOf([day], 'pictures', MODELS) }))
    .reduce((most, day) => (day.count > most.count ? day : most), { day: '', count: 0 });
  const parts = joined(
    ' ',
    words.altPictures(...total('pictures', countText)),
    highest.count > 0 && words.altHighest(highest.day, countText(highest.count)),
    costKnown && words.altCost(...total('costMicros', moneyText)),
  );
  const [first, last] = [days[0]?.day ?? '', days.at(-1)?.day ?? ''];
  return shorten(words.alt(first, last, parts), MESSAGE.altText);
}
