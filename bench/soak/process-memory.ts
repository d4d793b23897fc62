import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const MEBIBYTE_KB = 1_024;

/** What Linux says of a process at one moment. */
export interface ProcessSample {
  /** Seconds since the sampling began. */
  at: number;
  /** Resident memory of the process itself, in MiB. */
  rssMb: number;
  /** The same with the processes that it started: what a container is held to. */
  togetherMb: number;
}

/** Samples a process until it is stopped. Needs Linux. */
export function watchProcess(pid: number, everyMs: number) {
  const samples: ProcessSample[] = [];
  const beganAt = performance.now();
  const look = () => {
    const rssMb = residentMb(pid);
    if (rssMb === null) return;
    const children = childrenOf(pid).map((child) => residentMb(child) ?? 0);
    const togetherMb = children.reduce((sum, one) => sum + one, rssMb);
    samples.push({ at: (performance.now() - beganAt) / 1_000, rssMb, togetherMb });
  };
  look();
  const timer = setInterval(look, everyMs);
  return {
    samples,
    stop: () => clearInterval(timer),
  };
}

export interface Handles {
  /** Files, pipes and everything else that is no socket. */
  files: number;
  sockets: number;
}

/** What a process has open. */
export function countHandles(pid: number): Handles {
  const handles = { files: 0, sockets: 0 };
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const leadsTo = readlinkSync(`/proc/${pid}/fd/${name}`);
      handles[leadsTo.startsWith('socket:') ? 'sockets' : 'files'] += 1;
    } catch {
      // Closed while we looked.
    }
  }
  return handles;
}

/**
 * The processes that a process started, as Linux tells it. One that has not become its own program
 * yet is left out: it shows its parent's memory as its own, and whoever stops it there stops the
 * parent, which waits for that step.
 */
export function childrenOf(pid: number): number[] {
  try {
    const parent = commandLine(pid);
    return readdirSync(`/proc/${pid}/task`)
      .flatMap((thread) =>
        readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')
          .split(' ')
          .filter(Boolean)
          .map(Number),
      )
      .filter((child) => commandLine(child) !== parent);
  } catch {
    // It, or one of its threads, ended while we looked.
    return [];
  }
}

/** '' where it has ended. */
function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

/** Resident memory in MiB; null where the process has ended. */
export function residentMb(pid: number): number | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const match = /^VmRSS:\s+(\d+) kB$/m.exec(status);
    return match === null ? null : Number(match[1]) / MEBIBYTE_KB;
  } catch {
    return null;
  }
}

/**
 * Megabytes an hour by the line of least squares through the samples: what is left of a leak when
 * the ups and downs of garbage collection are taken out.
 */
export function growthPerHour(samples: readonly ProcessSample[]): number {
  if (samples.length < 2) return 0;
  const mean = (of: (sample: ProcessSample) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const meanAt = mean(({ at }) => at);
  const meanRss = mean(({ rssMb }) => rssMb);
  const above = mean(({ at, rssMb }) => (at - meanAt) * (rssMb - meanRss));
  const below = mean(({ at }) => (at - meanAt) ** 2);
  return below === 0 ? 0 : (above / below) * 3_600;
}
