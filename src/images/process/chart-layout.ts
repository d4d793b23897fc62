import type { ModelKey } from '../../domain.ts';
import type { ChartDay, UsageChart } from '../process-client/calls.ts';
import { countLabel, createScale, dollarLabel, type Scale } from './chart-scale.ts';

/**
 * Its own dark ground under light text: the same on Discord's dark and light theme. Blue and
 * orange of Okabe and Ito's set differ for every kind of colour blindness, and in lightness too.
 */
const COLOURS = {
  ground: '#1b1c20',
  text: '#f1f3f5',
  quiet: '#b4b8c0',
  line: '#3a3c43',
  models: { flash: '#56b4e9', pro: '#e69f00' } satisfies Record<ModelKey, string>,
} as const;

/** In pixels. Discord shows about a third of the width, so the smallest text is 26. */
const SIZES = {
  width: 1_200,
  edge: 36,
  header: 76,
  panelTitle: 58,
  plot: 210,
  dates: 62,
  axis: 126,
  text: 27,
  title: 31,
} as const;

const PLOT_WIDTH = SIZES.width - SIZES.axis - SIZES.edge;
const PANEL_HEIGHT = SIZES.panelTitle + SIZES.plot + SIZES.dates;
/** From below to above. */
const STACK: readonly ModelKey[] = ['flash', 'pro'];
/** A single picture beside a day of thousands is still to be seen. */
const LEAST_BAR = 4;
/** Dates a week apart, counted back from the last. */
const DATE_EVERY = 7;

/** A filled box of the drawing. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
  colour: string;
  radius?: number;
}

/** One line of text in a box of its own, whose middle it keeps to. */
export interface Label extends Omit<Box, 'radius'> {
  words: string;
  fontSize: number;
  weight: 400 | 600;
  align: 'flex-start' | 'center' | 'flex-end';
}

export interface ChartLayout {
  width: number;
  height: number;
  /** From the ground up. */
  boxes: Box[];
  labels: Label[];
}

interface Panel {
  title: string;
  scale: Scale;
  label: (tick: number) => string;
  amountOf: (day: ChartDay, model: ModelKey) => number;
}

/** Where everything stands. Pure geometry: what draws it knows nothing of days and models. */
export function layOutChart(chart: UsageChart): ChartLayout {
  const panels = [picturesPanel(chart), ...(chart.withCost ? [costPanel(chart)] : [])];
  const { width } = SIZES;
  const height = SIZES.header + PANEL_HEIGHT * panels.length;
  const parts = [
    header(chart),
    ...panels.map((panel, index) =>
      panelParts(panel, chart.days, SIZES.header + index * PANEL_HEIGHT),
    ),
  ];
  return {
    width,
    height,
    boxes: [
      { x: 0, y: 0, width, height, colour: COLOURS.ground },
      ...parts.flatMap(({ boxes }) => boxes),
    ],
    labels: parts.flatMap(({ labels }) => labels),
  };
}

type Parts = Pick<ChartLayout, 'boxes' | 'labels'>;

function picturesPanel({ days, words }: UsageChart): Panel {
  const amountOf: Panel['amountOf'] = (day, model) => day.pictures[model];
  const scale = createScale(highestDay(days, amountOf), 1);
  return { title: words.pictures, scale, label: countLabel, amountOf };
}

function costPanel({ days, words }: UsageChart): Panel {
  const amountOf: Panel['amountOf'] = (day, model) => day.costMicros[model] / 1_000_000;
  const scale = createScale(highestDay(days, amountOf), 0.01);
  const step = scale.ticks[1] ?? 1;
  return { title: words.cost, scale, label: (tick) => dollarLabel(tick, step), amountOf };
}

function highestDay(days: ChartDay[], amountOf: Panel['amountOf']): number {
  const sumOf = (day: ChartDay) => STACK.reduce((sum, model) => sum + amountOf(day, model), 0);
  return Math.max(0, ...days.map(sumOf));
}

/** The title on the left; on the right the legend, each model's words after its colour. */
function header({ words }: UsageChart): Parts {
  const labels = [
    label(words.title, { x: SIZES.edge, y: 0, width: 700, height: SIZES.header }, 'flex-start', {
      fontSize: SIZES.title,
      weight: 600,
      colour: COLOURS.text,
    }),
  ];
  const boxes: Box[] = [];
  const entry = 170;
  STACK.forEach((model, index) => {
    const x = SIZES.width - SIZES.edge - entry * (STACK.length - index) + 50;
    const y = SIZES.header / 2 - 12;
    boxes.push({ x, y, width: 24, height: 24, radius: 4, colour: COLOURS.models[model] });
    const place = { x: x + 36, y: 0, width: entry - 56, height: SIZES.header };
    labels.push(label(words.models[model], place, 'flex-start', { colour: COLOURS.text }));
  });
  return { boxes, labels };
}

function panelParts(panel: Panel, days: ChartDay[], top: number): Parts {
  const bottom = top + SIZES.panelTitle + SIZES.plot;
  const slot = PLOT_WIDTH / Math.max(1, days.length);
  const lines = panel.scale.ticks.map((tick) => gridLine(tick, panel, bottom));
  const title = label(
    panel.title,
    { x: SIZES.edge, y: top, width: SIZES.width - 2 * SIZES.edge, height: SIZES.panelTitle - 20 },
    'flex-start',
  );
  const bars = days.flatMap((day, index) =>
    dayBars(day, panel, { left: SIZES.axis + index * slot, slot, bottom }),
  );
  const dates = days.flatMap(({ day }, index) =>
    (days.length - 1 - index) % DATE_EVERY === 0
      ? [dateLabel(day, SIZES.axis + (index + 0.5) * slot, bottom)]
      : [],
  );
  return {
    boxes: [...lines.map(({ line }) => line), ...bars],
    labels: [title, ...lines.map(({ value }) => value), ...dates],
  };
}

function gridLine(tick: number, { scale, label: toWords }: Panel, bottom: number) {
  const y = bottom - (tick / scale.top) * SIZES.plot;
  const height = 2;
  const colour = tick === 0 ? COLOURS.quiet : COLOURS.line;
  return {
    line: { x: SIZES.axis, y: y - height / 2, width: PLOT_WIDTH, height, colour },
    value: label(
      toWords(tick),
      { x: 0, y: y - 20, width: SIZES.axis - 16, height: 40 },
      'flex-end',
    ),
  };
}

/** One day: a bar for each model that had anything, one on the other, a hair apart. */
function dayBars(
  day: ChartDay,
  { scale, amountOf }: Panel,
  { left, slot, bottom }: { left: number; slot: number; bottom: number },
): Box[] {
  const width = Math.max(1, Math.round(slot * 0.72));
  const x = Math.round(left + (slot - width) / 2);
  let y = bottom - 1;
  return STACK.filter((model) => amountOf(day, model) > 0).map((model, index) => {
    const gap = index > 0 ? 2 : 0;
    const full = (amountOf(day, model) / scale.top) * SIZES.plot;
    const height = Math.max(LEAST_BAR, full - gap);
    y -= height + gap;
    return { x, y, width, height, colour: COLOURS.models[model] };
  });
}

const DATE = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

function dateLabel(day: string, centre: number, bottom: number): Label {
  const width = 130;
  const place = { x: centre - width / 2, y: bottom + 10, width, height: 36 };
  return label(DATE.format(new Date(`${day}T00:00:00Z`)), place, 'center');
}

function label(
  words: string,
  place: Pick<Box, 'x' | 'y' | 'width' | 'height'>,
  align: Label['align'],
  style: Partial<Pick<Label, 'fontSize' | 'weight' | 'colour'>> = {},
): Label {
  return {
    words,
    ...place,
    align,
    fontSize: SIZES.text,
    weight: 400,
    colour: COLOURS.quiet,
    ...style,
  };
}
