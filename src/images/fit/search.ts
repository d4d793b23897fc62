/**
 * Which encode to try next, told from the sizes of the earlier ones. Pure arithmetic.
 *
 * Two observations carry it, measured on photographs, grain and gradients: between quality 80 and
 * 95 the logarithm of the size falls nearly straight over ln(100 − quality), the coarseness of the
 * quantisation; and at one quality it rises nearly straight over the logarithm of the scale.
 */

/** One way to encode the picture. */
export interface Encode {
  /** 80–95, on the scale that libjpeg and libwebp use. */
  quality: number;
  /** Of each side; 1 keeps every pixel. */
  scale: number;
  /** Made in the frugal way: less memory and time, the same pixels, some more bytes. */
  isFrugal: boolean;
}

/** An encode that was made. */
export interface Try extends Encode {
  bytes: number;
}

export interface SearchOptions {
  limitBytes: number;
  /** Encodes of this quality and above are made in the frugal way. */
  frugalFrom: number;
  /** The scale to begin with: below 1 only for a picture that the format cannot hold. */
  fullScale: number;
}

/** Constants of the search. Shares are of the limit. */
const SEARCH = {
  minQuality: 80,
  maxQuality: 95,
  /** In all. */
  maxEncodes: 4,
  /** A result that fills this much is not worth another encode (one step of quality is 5–15 %). */
  enoughFill: 0.92,
  /** What a frugal encode's bytes come to in the thorough way: 91–96 %, measured. */
  thoroughShare: 0.94,
  /** Where a guess aims with nothing measured on both sides of it. */
  aimGuessing: 0.9,
  /** Where it aims between a measurement under the limit and one over it. */
  aimKnowing: 0.97,
  /** The same for the last encode, when the one at hand is not good enough to fall back to. */
  aimKnowingLast: 0.92,
  /** Where the last encode aims when nothing is at hand. */
  aimLast: 0.87,
  /** A result below this share is not good enough to gamble on a better one. */
  goodFill: 0.7,
  /** d ln(size) / d −ln(100 − quality): 0.55–0.85 for JPEG, 0.7–1.8 for WebP; low is careful. */
  qualitySlope: 0.65,
  /** d ln(size) / d ln(scale): 1.5 for smooth pictures, 2.7 for grain; low is careful. */
  scaleSlope: 1.6,
  /** A guess this near to the least quality is replaced by the least quality, which decides. */
  nearMinQuality: 3,
  /** The finest step of scale that is worth an encode. */
  scaleStep: 0.005,
} as const;

/**
 * The next encode, or null when the best one under the limit is at hand (or `maxEncodes` is used
 * up). Quality goes first: the scale falls only once the least quality at full scale was tried
 * and is over the limit, or when a single encode is left and that one would surely be.
 */
export function nextEncode(tries: readonly Try[], options: SearchOptions): Encode | null {
  const { minQuality, maxQuality, maxEncodes } = SEARCH;
  const { fullScale } = options;
  if (tries.length === 0) return encodeOf(maxQuality, fullScale, options);
  const best = bestUnder(tries, options.limitBytes);
  if (tries.length >= maxEncodes) return null;
  if (best !== null && best.bytes >= SEARCH.enoughFill * options.limitBytes) return null;
  const full = tries.filter((made) => made.scale === fullScale);
  const scaled = tries.filter((made) => made.quality === minQuality);
  const mustShrink = scaled.some(
    (made) => made.scale === fullScale && made.bytes > options.limitBytes,
  );
  if (mustShrink || full.length < tries.length) return nextScale(scaled, best, tries, options);
  return nextQuality(full, best, options);
}

/** The largest picture under the limit: most pixels first, then quality. */
export function bestUnder<Made extends Try>(
  tries: readonly Made[],
  limitBytes: number,
): Made | null {
  return tries
    .filter((made) => made.bytes <= limitBytes)
    .reduce<Made | null>(
      (best, made) =>
        best === null ||
        made.scale > best.scale ||
        (made.scale === best.scale && made.quality > best.quality)
          ? made
          : best,
      null,
    );
}

function nextQuality(tries: Try[], best: Try | null, options: SearchOptions): Encode | null {
  const { minQuality, maxQuality } = SEARCH;
  const { limitBytes, fullScale, frugalFrom } = options;
  if (best?.quality === maxQuality) return null;
  const over = tries.filter((made) => made.bytes > limitBytes);
  const ceiling = Math.min(maxQuality + 1, ...over.map((made) => made.quality));
  const floor = best?.quality ?? minQuality - 1;
  if (ceiling - floor <= 1) return null;

  const isLast = tries.length === SEARCH.maxEncodes - 1;
  const aim = aimOf(best, isLast, tries.length, options);
  // One curve for both ways to encode: as if all had been thorough.
  const points = tries.map((made) => ({
    x: -Math.log(100 - made.quality),
    y: Math.log(made.bytes * shareOf(made.isFrugal)),
  }));
  const reach = (isFrugal: boolean) => {
    const y = Math.log(aim * limitBytes * shareOf(isFrugal));
    return Math.floor(100 - Math.exp(-solve(points, y, SEARCH.qualitySlope)));
  };
  const thorough = reach(false);
  const guess = thorough < frugalFrom ? thorough : Math.max(frugalFrom - 1, reach(true));
  if (best !== null) {
    // Another encode pays only where it promises a higher quality, or the fill asks for one.
    if (guess <= floor && best.bytes >= SEARCH.goodFill * limitBytes) return null;
    return encodeOf(clamp(guess, floor + 1, ceiling - 1), fullScale, options);
  }
  if (isLast && guess < minQuality) {
    const atMin = sizeAt(points, -Math.log(100 - minQuality), SEARCH.qualitySlope);
    const size = Math.exp(atMin) / shareOf(minQuality >= frugalFrom);
    if (size > limitBytes) return shrunk(size, SEARCH.aimLast, fullScale, options);
  }
  const nearMin = guess <= minQuality + SEARCH.nearMinQuality;
  return encodeOf(nearMin ? minQuality : Math.min(guess, ceiling - 1), fullScale, options);
}

/** The least quality, at a scale between those that are known to fit and not to fit. */
function nextScale(
  tries: Try[],
  best: Try | null,
  all: readonly Try[],
  options: SearchOptions,
): Encode | null {
  const { minQuality } = SEARCH;
  const { limitBytes, fullScale } = options;
  const isLast = all.length === SEARCH.maxEncodes - 1;
  const aim = aimOf(best, isLast, tries.length, options);
  const [only] = tries;
  if (only === undefined) return null;
  if (tries.length === 1) return shrunk(only.bytes, aim, only.scale, options);
  const points = tries.map((made) => ({ x: Math.log(made.scale), y: Math.log(made.bytes) }));
  const scale = Math.exp(solve(points, Math.log(aim * limitBytes), SEARCH.scaleSlope));
  const over = tries.filter((made) => made.bytes > limitBytes).map((made) => made.scale);
  const ceiling = Math.min(fullScale, ...over) - SEARCH.scaleStep;
  if (best === null) return encodeOf(minQuality, Math.min(scale, ceiling), options);
  if (scale < best.scale + SEARCH.scaleStep || ceiling <= best.scale) return null;
  return encodeOf(minQuality, Math.min(scale, ceiling), options);
}

function shrunk(bytes: number, aim: number, from: number, options: SearchOptions): Encode {
  const factor = ((aim * options.limitBytes) / bytes) ** (1 / SEARCH.scaleSlope);
  const scale = from * Math.min(factor, 1 - SEARCH.scaleStep);
  return encodeOf(SEARCH.minQuality, scale, options);
}

function encodeOf(quality: number, scale: number, options: SearchOptions): Encode {
  return { quality, scale, isFrugal: quality >= options.frugalFrom };
}

function shareOf(isFrugal: boolean): number {
  return isFrugal ? SEARCH.thoroughShare : 1;
}

function aimOf(best: Try | null, isLast: boolean, known: number, options: SearchOptions): number {
  const hasGood = best !== null && best.bytes >= SEARCH.goodFill * options.limitBytes;
  if (isLast && !hasGood) return best === null ? SEARCH.aimLast : SEARCH.aimKnowingLast;
  return best !== null && known > 1 ? SEARCH.aimKnowing : SEARCH.aimGuessing;
}

interface Point {
  x: number;
  y: number;
}

/** The x where the curve through the points reaches y; outside of them, along a careful slope. */
function solve(points: Point[], y: number, slope: number): number {
  const { near, slope: local } = around(points, (point) => point.y - y, slope);
  return near.x + (y - near.y) / local;
}

/** The y of the curve through the points at x. */
function sizeAt(points: Point[], x: number, slope: number): number {
  const { near, slope: local } = around(points, (point) => point.x - x, slope);
  return near.y + (x - near.x) * local;
}

/** The nearest point, and the slope of the line through it and the best second one. */
function around(points: Point[], distance: (point: Point) => number, slope: number) {
  const [near, ...rest] = points.toSorted((a, b) => Math.abs(distance(a)) - Math.abs(distance(b)));
  if (near === undefined) throw new RangeError('no point to go by');
  // A point on the other side is worth more than a nearer one on the same side.
  const second = rest.find((point) => distance(point) * distance(near) < 0) ?? rest[0];
  if (second === undefined || second.x === near.x) return { near, slope };
  const measured = (second.y - near.y) / (second.x - near.x);
  // Noise, or a floor such as a large alpha plane, can make the line flat or turn it round.
  return { near, slope: clamp(measured, slope / 2, slope * 4) };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
