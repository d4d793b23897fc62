import { Failure } from '../../domain.ts';
import type { Conversion, OpenPicture, UsageChart } from './calls.ts';
import {
  type PictureHealth,
  type PictureProcessOptions,
  PictureProcessSupervisor,
} from './supervisor.ts';

export { PictureProcessEnded } from './child.ts';
export type { PictureHealth, PictureProcessOptions } from './supervisor.ts';

/**
 * Everything that decodes, done in a process of its own: one call at a time, in the order of
 * asking, conversions and thumbnails behind the rest. A signal ends the wait for a turn and, under
 * way, the process. Rejects with `Failure`, with `PictureProcessEnded` where the call ended the
 * process, or the signal's reason.
 */
export interface PictureProcess {
  openPicture: OpenPicture;
  /** A small WebP, its longer side 256 pixels. */
  makeThumbnail(path: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
  /** Pixels of a picture whose header only libvips reads; null when it is no picture. */
  measure(path: string): Promise<{ width: number; height: number } | null>;
  /** Writes an upright JPEG or PNG; see `Conversion`. */
  convert(conversion: Conversion, signal?: AbortSignal): Promise<void>;
  /** A PNG of a server's days. */
  drawChart(chart: UsageChart): Promise<Uint8Array<ArrayBuffer>>;
  /** Makes a picture of each type; returns the libraries' versions. */
  check(): Promise<string>;
  health(): PictureHealth;
  /** Ends the process, and every call that waits or is under way. */
  close(): Promise<void>;
}

/** The process is there while it is needed, and started anew whenever it ended. */
export function createPictureProcess(options: PictureProcessOptions = {}): PictureProcess {
  const supervisor = new PictureProcessSupervisor(options);
  return {
    async openPicture({ path }, limits, signal) {
      const facts = expected((await supervisor.run({ do: 'open', path, limits }, signal)).facts);
      return {
        ...facts,
        async encode(encode, output, signal) {
          await supervisor.run({ do: 'encode', path, limits, facts, encode, output }, signal);
        },
      };
    },
    async makeThumbnail(path, signal) {
      return expected((await supervisor.run({ do: 'thumbnail', path }, signal)).bytes);
    },
    async measure(path) {
      return expected((await supervisor.run({ do: 'measure', path })).size);
    },
    async convert(conversion, signal) {
      await supervisor.run({ do: 'convert', ...conversion }, signal);
    },
    async drawChart(chart) {
      return expected((await supervisor.run({ do: 'chart', chart })).bytes);
    },
    async check() {
      return expected((await supervisor.run({ do: 'check' })).versions);
    },
    health: () => supervisor.health(),
    close: () => supervisor.close(),
  };
}

/** A result without what was asked for is a bug of the process. */
function expected<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Failure('internal', 'the picture process left its result out');
  return value;
}
