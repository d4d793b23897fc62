import { type Frame, n } from './geometry.ts';
import { mix, type Palette } from './palette.ts';
import type { Random } from './random.ts';

/** What stands nearest in a scene. */
export type Foreground = 'forest' | 'peaks' | 'sea' | 'dunes' | 'city' | 'hills';

const BY_WORD: readonly (readonly [RegExp, Foreground])[] = [
  [/sea|ocean|lake|river|boat|ship|beach|fish|whale|lighthouse/i, 'sea'],
  [/city|street|town|tower|robot|house|car\b|neon/i, 'city'],
  [/forest|tree|wood|fox|wolf|bear|owl|deer/i, 'forest'],
  [/desert|dune|sand|camel|llama/i, 'dunes'],
  [/mountain|peak|dragon|castle|eagle/i, 'peaks'],
  [/hill|meadow|field|garden|cat\b|dog\b|horse/i, 'hills'],
];

export function foregroundFor(prompt: string, random: Random): Foreground {
  const byChance = random.pick<Foreground>(['forest', 'peaks', 'sea', 'dunes', 'city', 'hills']);
  return BY_WORD.find(([pattern]) => pattern.test(prompt))?.[1] ?? byChance;
}

interface Stage {
  frame: Frame;
  /** Where the sky ends, in pixels from the top. */
  horizon: number;
  palette: Palette;
  random: Random;
}

export function paintForeground(kind: Foreground, stage: Stage): string {
  switch (kind) {
    case 'forest':
      return paintTrees(stage);
    case 'sea':
      return paintSea(stage);
    case 'city':
      return paintCity(stage);
    case 'hills':
    case 'dunes':
    case 'peaks':
      return paintBirds(stage);
  }
}

function paintTrees({ frame, palette, random }: Stage): string {
  const bottom = frame.y + frame.height;
  const unit = Math.min(frame.width, frame.height);
  const rows = [0.45, 0.15].map((distance) => {
    const colour = mix(palette.near, palette.far, distance);
    const spacing = unit * (0.05 + 0.03 * (1 - distance));
    const count = Math.ceil(frame.width / spacing) + 1;
    const trees = Array.from({ length: count }, (_, index) => {
      const x = frame.x + (index + random.between(-0.4, 0.4)) * spacing;
      const height = unit * (0.2 + 0.12 * (1 - distance)) * random.between(0.55, 1.15);
      const foot = bottom - unit * 0.11 * distance;
      return firTree(x, foot, height);
    });
    return `<path d="${trees.join('')}" fill="${colour}"/><rect x="${n(frame.x)}" y="${n(bottom - unit * (0.11 * distance + 0.03))}" width="${n(frame.width)}" height="${n(unit * 0.2)}" fill="${colour}"/>`;
  });
  return rows.join('');
}

/** A fir as five skirts, each wider than the one above. */
function firTree(x: number, foot: number, height: number): string {
  const skirts = 5;
  const left: string[] = [];
  const right: string[] = [];
  for (let skirt = 1; skirt <= skirts; skirt += 1) {
    const y = foot - height + (height * skirt) / skirts;
    const reach = height * 0.2 * (skirt / skirts);
    left.push(`${n(x - reach)} ${n(y)}`, `${n(x - reach * 0.55)} ${n(y - height * 0.02)}`);
    right.push(`${n(x + reach)} ${n(y)}`, `${n(x + reach * 0.55)} ${n(y - height * 0.02)}`);
  }
  return `M${n(x)} ${n(foot - height)}L${left.join('L')}L${right.reverse().join('L')}Z`;
}

function paintSea({ frame, horizon, palette, random }: Stage): string {
  const top = horizon + frame.height * 0.06;
  const bottom = frame.y + frame.height;
  const water = `<rect x="${n(frame.x)}" y="${n(top)}" width="${n(frame.width)}" height="${n(bottom - top)}" fill="${mix(palette.sky[1], palette.near, 0.45)}"/>`;
  const glitter = Array.from({ length: 150 }, () => {
    const depth = random.next();
    const y = top + (bottom - top) * depth ** 1.6;
    const width = frame.width * (0.008 + 0.11 * depth) * random.between(0.4, 1.2);
    const x = frame.x + frame.width * random.next() - width / 2;
    const light = random.next() < 0.6 ? palette.sky[2] : palette.near;
    return `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(frame.height * (0.0012 + 0.005 * depth))}" rx="${n(frame.height * 0.002)}" fill="${light}" fill-opacity="${n(random.between(0.1, 0.5))}"/>`;
  });
  return water + glitter.join('') + paintBoat({ frame, horizon: top, palette, random });
}

function paintBoat({ frame, horizon, palette, random }: Stage): string {
  const unit = Math.min(frame.width, frame.height) * 0.09;
  const x = frame.x + frame.width * random.between(0.2, 0.8);
  const y = horizon + frame.height * 0.1;
  const hull = `M${n(x - unit)} ${n(y)}L${n(x + unit)} ${n(y)}L${n(x + unit * 0.7)} ${n(y + unit * 0.3)}L${n(x - unit * 0.7)} ${n(y + unit * 0.3)}Z`;
  const sail = `M${n(x - unit * 0.05)} ${n(y - unit * 0.1)}L${n(x - unit * 0.05)} ${n(y - unit * 2)}L${n(x + unit * 0.85)} ${n(y - unit * 0.1)}Z`;
  const jib = `M${n(x - unit * 0.15)} ${n(y - unit * 0.1)}L${n(x - unit * 0.15)} ${n(y - unit * 1.6)}L${n(x - unit * 0.75)} ${n(y - unit * 0.1)}Z`;
  return `<path d="${hull}" fill="${palette.near}"/><path d="${sail}" fill="${palette.accent}"/><path d="${jib}" fill="${mix(palette.accent, palette.near, 0.25)}"/>`;
}

function paintCity({ frame, palette, random }: Stage): string {
  const bottom = frame.y + frame.height;
  const unit = Math.min(frame.width, frame.height);
  const rows = [0.6, 0.3, 0.05].map((distance) => {
    const colour = mix(palette.near, palette.far, distance);
    const parts: string[] = [];
    for (let x = frame.x - unit * 0.02; x < frame.x + frame.width; ) {
      const width = unit * random.between(0.05, 0.12);
      const height = unit * random.between(0.1, 0.3) * (0.75 + distance * 1.3);
      parts.push(
        `<rect x="${n(x)}" y="${n(bottom - height)}" width="${n(width)}" height="${n(height)}" fill="${colour}"/>`,
      );
      if (distance < 0.5)
        parts.push(litWindows(x, bottom - height, width, height, unit, palette, random));
      x += width * random.between(0.95, 1.15);
    }
    return parts.join('');
  });
  return rows.join('');
}

function litWindows(
  x: number,
  y: number,
  width: number,
  height: number,
  unit: number,
  palette: Palette,
  random: Random,
): string {
  const step = unit * 0.016;
  let d = '';
  for (let wy = y + step; wy < y + height - step; wy += step * 1.5) {
    for (let wx = x + step * 0.7; wx < x + width - step; wx += step) {
      if (random.next() > 0.36) continue;
      d += `M${n(wx)} ${n(wy)}h${n(step * 0.5)}v${n(step * 0.75)}h${n(-step * 0.5)}Z`;
    }
  }
  return `<path d="${d}" fill="${palette.accent}" fill-opacity="0.85"/>`;
}

function paintBirds({ frame, horizon, palette, random }: Stage): string {
  const unit = Math.min(frame.width, frame.height);
  const x0 = frame.x + frame.width * random.between(0.2, 0.7);
  const y0 = frame.y + (horizon - frame.y) * random.between(0.3, 0.6);
  const birds = Array.from({ length: random.whole(3, 7) }, () => {
    const span = unit * random.between(0.012, 0.026);
    const x = x0 + unit * random.between(-0.16, 0.16);
    const y = y0 + unit * random.between(-0.07, 0.07);
    return `M${n(x - span)} ${n(y - span * 0.35)}Q${n(x - span * 0.4)} ${n(y - span * 0.5)} ${n(x)} ${n(y)}Q${n(x + span * 0.4)} ${n(y - span * 0.5)} ${n(x + span)} ${n(y - span * 0.35)}`;
  });
  return `<path d="${birds.join('')}" fill="none" stroke="${palette.near}" stroke-width="${n(unit * 0.0035)}" stroke-linecap="round"/>`;
}
