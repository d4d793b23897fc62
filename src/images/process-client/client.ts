import type { Conversion, OpenPicture, UsageChart } from './calls.ts';
import { type PictureProcessOptions, PictureProcessSupervisor } from './supervisor.ts';

export { PictureProcessEnded } from './child.ts';
export type { PictureProcessOptions } from './supervisor.ts';

export type PictureProcess = ReturnType<typeof createPictureProcess>;

/**
 * Everything that decodes, done in a process of its own, which is there while it is needed and
 * started anew whenever it ended: one call at a time, in the order of asking, conversions and
 * thumbnails behind the rest. A signal ends the wait for a turn and, under way, the process.
 * Rejects with `Failure`, with `PictureProcessEnded` where the call ended the process, or the
 * signal's reason.
 */
export function createPictureProcess(options: PictureProcessOptions = {}) {
  const supervisor = new PictureProcessSupervisor(options);
  const openPicture: OpenPicture = async ({ path }, mustBeFrugal, signal) => {
    const facts = await supervisor.run({ do: 'open', path, mustBeFrugal }, signal);
    return {
      ...facts,
      encode: (encode, output, signal) =>
        supervisor.run({ do: 'encode', path, facts, encode, output }, signal),
    };
  };
  return {
    openPicture,
    /** A small WebP, its longer side 256 pixels. */
    makeThumbnail: (path: string, signal?: AbortSignal) =>
      supervisor.run({ do: 'thumbnail', path }, signal),
    /** Pixels of a picture whose header only libvips reads; null when it is no picture. */
    measure: (path: string) => supervisor.run({ do: 'measure', path }),
    /** Writes an upright JPEG or PNG; see `Conversion`. */
    convert: (conversion: Conversion, signal?: AbortSignal) =>
      supervisor.run({ do: 'convert', ...conversion }, signal),
    /** A PNG of a server's days. */
    drawChart: (chart: UsageChart) => supervisor.run({ do: 'chart', chart }),
    /** Makes a picture of each type; returns the libraries' versions. */
    check: () => supervisor.run({ do: 'check' }),
    health: () => supervisor.health(),
    /** Ends the process, and every call that waits or is under way. */
    close: () => supervisor.close(),
  };
}
