import { type Foreground, foregroundFor, paintForeground } from './foreground.ts';
import { box, type Frame, n } from './geometry.ts';
import { choosePalette, mix, type Palette } from './palette.ts';
import type { Random } from './random.ts';

/**
 * A landscape in layers: sky, sun or moon, ridges that darken as they come near, and something in
 * front. Everything about it comes from the prompt: its words where they name a light or a place,
 * else the random stream that it seeds. SVG elements, to be placed in a picture of any size.
 */
export function paintScene(prompt: string, frame: Frame, random: Random): string {
  const palette = choosePalette(prompt, random);
  const foreground = foregroundFor(prompt, random);
  const horizon = frame.y + frame.height * random.between(0.52, 0.68);
  return [
    `<defs>${definitions(palette)}<clipPath id="frame"><rect ${box(frame)}/></clipPath></defs>`,
    '<g clip-path="url(#frame)">',
    `<rect ${box(frame)} fill="url(#sky)"/>`,
    palette.night ? paintStars(frame, horizon, random) : '',
    paintSun(frame, horizon, palette, random),
    paintClouds(frame, horizon, palette, random),
    paintRidges(frame, horizon, palette, foreground, random),
    paintForeground(foreground, { frame, horizon, palette, random }),
    /snow|winter|frost|blizzard/i.test(prompt) ? paintSnow(frame, random) : '',
    `<rect ${box(frame)} fill="url(#vignette)"/>`,
    '</g>',
  ].join('\n');
}

function definitions({ sky, sun }: Palette): string {
  return [
    '<linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">',
    `<stop offset="0" stop-color="${sky[0]}"/><stop offset="0.42" stop-color="${sky[1]}"/>`,
    `<stop offset="0.72" stop-color="${sky[2]}"/></linearGradient>`,
    `<radialGradient id="halo"><stop offset="0" stop-color="${sun}" stop-opacity="0.75"/>`,
    `<stop offset="0.35" stop-color="${sun}" stop-opacity="0.22"/>`,
    `<stop offset="1" stop-color="${sun}" stop-opacity="0"/></radialGradient>`,
    '<radialGradient id="vignette" r="0.75"><stop offset="0.6" stop-color="#000" stop-opacity="0"/>',
    '<stop offset="1" stop-color="#000" stop-opacity="0.34"/></radialGradient>',
  ].join('');
}

function paintStars(frame: Frame, horizon: number, random: Random): string {
  const unit = Math.min(frame.width, frame.height) / 1000;
  const stars = Array.from({ length: 160 }, () => {
    const x = frame.x + random.next() * frame.width;
    const y = frame.y + random.next() ** 1.4 * (horizon - frame.y);
    const radius = unit * random.between(0.6, 2.2);
    const opacity = n(random.between(0.3, 1));
    return `<circle cx="${n(x)}" cy="${n(y)}" r="${radius.toFixed(2)}" fill="#fff" fill-opacity="${opacity}"/>`;
  });
  return stars.join('');
}

function paintSun(frame: Frame, horizon: number, palette: Palette, random: Random): string {
  const size = Math.min(frame.width, frame.height);
  const radius = size * random.between(0.05, 0.11);
  const x = frame.x + frame.width * random.between(0.2, 0.8);
  const y = horizon - (horizon - frame.y) * random.between(0.18, 0.7);
  const disc = `<circle cx="${n(x)}" cy="${n(y)}" r="${n(radius)}" fill="${palette.sun}"/>`;
  const halo = `<circle cx="${n(x)}" cy="${n(y)}" r="${n(radius * 5)}" fill="url(#halo)"/>`;
  return halo + disc;
}

/** Long thin lenses of light, low over the horizon. */
function paintClouds(frame: Frame, horizon: number, palette: Palette, random: Random): string {
  const count = random.whole(2, 6);
  const clouds = Array.from({ length: count }, () => {
    const x = frame.x + frame.width * random.next();
    const y = horizon - (horizon - frame.y) * random.between(0.1, 0.85);
    const rx = frame.width * random.between(0.12, 0.34);
    const ry = frame.height * random.between(0.004, 0.013);
    const colour = mix(palette.sky[2], '#ffffff', 0.35);
    return `<ellipse cx="${n(x)}" cy="${n(y)}" rx="${n(rx)}" ry="${n(ry)}" fill="${colour}" fill-opacity="${n(random.between(0.15, 0.45))}"/>`;
  });
  return clouds.join('');
}

/** How rough the ridges are: mountains are steep, dunes are smooth. */
const ROUGHNESS: Readonly<Record<Foreground, number>> = {
  forest: 0.6,
  peaks: 1,
  sea: 0.35,
  dunes: 0.14,
  city: 0.3,
  hills: 0.22,
};

function paintRidges(
  frame: Frame,
  horizon: number,
  palette: Palette,
  foreground: Foreground,
  random: Random,
): string {
  const layers = foreground === 'sea' ? 2 : random.whole(4, 6);
  const bottom = frame.y + frame.height;
  const paths: string[] = [];
  for (let layer = 0; layer < layers; layer += 1) {
    const depth = layers === 1 ? 1 : layer / (layers - 1);
    const base = horizon + (bottom - horizon) * depth * 0.72;
    const lift = frame.height * (0.24 - 0.13 * depth) * (0.4 + ROUGHNESS[foreground]);
    const colour = mix(
      palette.far,
      palette.near,
      foreground === 'sea' ? depth * 0.3 : depth * 0.92,
    );
    const line = ridgeLine(frame, base, lift, ROUGHNESS[foreground], random);
    paths.push(
      `<path d="M${n(frame.x)} ${n(bottom)}L${line.join('L')}L${n(frame.x + frame.width)} ${n(bottom)}Z" fill="${colour}"/>`,
    );
  }
  return paths.join('');
}

/** Sines of doubling frequency; the higher ones grow with the roughness. */
function ridgeLine(
  frame: Frame,
  base: number,
  lift: number,
  roughness: number,
  random: Random,
): string[] {
  const waves = Array.from({ length: 8 }, (_, octave) => ({
    frequency: 2 ** octave * random.between(0.7, 1.3) * (frame.width / frame.height),
    phase: random.between(0, Math.PI * 2),
    height: octave === 0 ? 0.5 : 0.5 * (0.2 + roughness * 0.4) ** (octave * 0.8),
  }));
  const steps = 220;
  return Array.from({ length: steps + 1 }, (_, step) => {
    const t = step / steps;
    const wave = waves.reduce(
      (sum, { frequency, phase, height }) =>
        sum + height * (1 - 2 * Math.abs(Math.sin(frequency * t * 3.1 + phase))),
      0,
    );
    return `${n(frame.x + t * frame.width)} ${n(base - lift * (0.45 + wave * 0.5))}`;
  });
}

function paintSnow(frame: Frame, random: Random): string {
  const unit = Math.min(frame.width, frame.height) / 1000;
  const flakes = Array.from({ length: 240 }, () => {
    const x = frame.x + random.next() * frame.width;
    const y = frame.y + random.next() * frame.height;
    const radius = unit * random.between(1, 4.5);
    return `<circle cx="${n(x)}" cy="${n(y)}" r="${n(radius)}" fill="#fff" fill-opacity="${n(random.between(0.4, 0.9))}"/>`;
  });
  return flakes.join('');
}
