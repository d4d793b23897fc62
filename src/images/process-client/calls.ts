/** What the bot and the picture process say to each other, as plain data. */
import type { FailureReason, ModelKey } from '../../domain.ts';
import type { Encode } from '../fit/search.ts';

export type FitFormat = 'jpeg' | 'webp';

/** What the search needs to know of a picture. */
export interface PictureFacts {
  format: FitFormat;
  /** Pixels as people see them, an EXIF orientation applied. */
  width: number;
  height: number;
  /** Below 1 only where a side is longer than the format can hold. */
  fullScale: number;
  /** Encodes of this quality and above are to be frugal; WebP knows only one way. */
  frugalFrom: number;
}

/** A picture whose header was read, and its pixels not yet. */
export interface Picture extends PictureFacts {
  /**
   * Encodes the picture into a file, outside the event loop and outside the heap: buffers of many
   * megabytes would wait there for the garbage collector. Throws `Failure`. The frugal way takes
   * JPEG's standard Huffman tables: the same pixels in 4–9 % more bytes, but in half the time and
   * without libjpeg's buffer for every coefficient (at 5504×3072: 20–30 MB of memory instead of
   * 200–290 MB).
   */
  encode(encode: Encode, path: string, signal?: AbortSignal): Promise<void>;
}

/**
 * Opens a picture in this process or in another. Throws `Failure('bad_answer')`.
 * @param mustBeFrugal whether every quality is to be encoded in the frugal way
 */
export type OpenPicture = (
  image: { path: string },
  mustBeFrugal: boolean,
  signal?: AbortSignal,
) => Promise<Picture>;

/** A picture that is to become one that the model takes. */
export interface Conversion {
  path: string;
  /** Where the JPEG or PNG goes. */
  output: string;
  /** A file for what lies between, which the caller removes. */
  scratch: string;
  /** EXIF's, 1–8; null where the decoder is to find it. */
  orientation: number | null;
  /** Bytes that the result may have; quality and then size are lowered to stay under it. */
  limitBytes: number;
}

/** What one UTC day had of each model. */
export interface ChartDay {
  /** `YYYY-MM-DD` */
  day: string;
  pictures: Record<ModelKey, number>;
  costMicros: Record<ModelKey, number>;
}

export interface UsageChart {
  /** In order, without gaps: a day with nothing is a day too. */
  days: ChartDay[];
  /** False where prices are not known: a panel of zeros would say that pictures are free. */
  withCost: boolean;
  words: ChartWords;
}

/** The chart's words, with its sums written out; they come from the catalogue. */
export interface ChartWords {
  title: string;
  pictures: string;
  cost: string;
  models: Record<ModelKey, string>;
}

/** One encode of a picture that was opened. */
export interface EncodeCall {
  path: string;
  /** What `open` read of it. */
  facts: PictureFacts;
  encode: Encode;
  /** The file that is written. */
  output: string;
}

/** What the picture process does: each call's data, and what comes back. */
export interface PictureCalls {
  /** Reads the facts of a picture that is to be fitted. */
  open(call: { path: string; mustBeFrugal: boolean }): Promise<PictureFacts>;
  encode(call: EncodeCall): Promise<void>;
  /** Returns a WebP. */
  thumbnail(call: { path: string }): Promise<Uint8Array<ArrayBuffer>>;
  /** Reads the size of a picture without a plain header; null when libvips reads no such file. */
  measure(call: { path: string }): Promise<{ width: number; height: number } | null>;
  convert(call: Conversion): Promise<void>;
  /** Returns a PNG. */
  chart(call: { chart: UsageChart }): Promise<Uint8Array<ArrayBuffer>>;
  /** Makes a picture of each type; returns the libraries' versions. */
  check(call: object): Promise<string>;
}

export type PictureCallName = keyof PictureCalls;
export type PictureCall = {
  [Name in PictureCallName]: { do: Name } & Parameters<PictureCalls[Name]>[0];
}[PictureCallName];
export type PictureResult<Name extends PictureCallName> = Awaited<ReturnType<PictureCalls[Name]>>;

/** Calls whose file's header is read by itself first, within a deadline of its own. */
export const CALLS_WITH_HEADER: ReadonlySet<PictureCallName> = new Set([
  'open',
  'thumbnail',
  'convert',
]);

/** From the bot: one call, and no other before its answer. */
export type CallMessage = PictureCall & { id: number };

/** To the bot. */
export type ProcessMessage =
  /** It has started; and, once a second, that it still runs. */
  | { type: 'ready' | 'alive' }
  /** The call has arrived; whatever happens from here on is its doing. */
  | { type: 'started'; id: number }
  /** The header of the call's file is read, and its pixels may be decoded. */
  | { type: 'header_read'; id: number }
  | { type: 'result'; id: number; result: unknown }
  | { type: 'failure'; id: number; failure: FailureReason; message: string };

/** By this signal the process ends itself when a call passes its bound on memory. */
export const OUT_OF_MEMORY_SIGNAL = 'SIGUSR2';
