import { type ChildProcess, fork } from 'node:child_process';
import { Failure } from '../domain.ts';
import type { FitAnswer, FitCall } from './picture-calls.ts';
import type { OpenPicture } from './process/open-picture.ts';
import type { makeThumbnail } from './process/thumbnail.ts';

const DEFAULTS = {
  /** How long the process stays after its last picture; it starts again in a third of a second. */
  idleMs: 10_000,
} as const;

/**
 * For glibc, whose allocator keeps what libvips' threads give back: 24 hard fits grew a process to
 * 550 MB. With every large block mapped by itself it stays at 100 MB, with peaks of 330 MB.
 */
const ALLOCATOR = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '65536',
  MALLOC_TRIM_THRESHOLD_: '131072',
} as const;

/** The process ended in the middle of a picture: a crash of a codec, or a machine without memory. */
export class FitProcessEnded extends Error {
  override readonly name = 'FitProcessEnded';
}

type Unnumbered<Call> = Call extends unknown ? Omit<Call, 'id'> : never;

interface Waiting {
  resolve: (answer: FitAnswer) => void;
  reject: (error: Error) => void;
}

/** A process that runs, or is about to; `pictures` are open in it. */
interface Helper {
  child: ChildProcess;
  waiting: Map<number, Waiting>;
  pictures: number;
  idle: NodeJS.Timeout | null;
}

/** Work on pictures, done elsewhere. Rejects as the work does here, and with `FitProcessEnded`. */
export interface RemotePictures {
  openPicture: OpenPicture;
  makeThumbnail: typeof makeThumbnail;
}

/**
 * Opens pictures in a process of their own, so that the memory of codecs is given back whole and
 * their worst case cannot end the bot. The process is there while it is needed.
 */
export function createRemotePictures(
  options: { idleMs?: number; script?: URL } = {},
): RemotePictures {
  const idleMs = options.idleMs ?? DEFAULTS.idleMs;
  const script = options.script ?? new URL('./process/picture-process.ts', import.meta.url);
  let running: Helper | null = null;
  let lastId = 0;

  function start(): Helper {
    const child = fork(script, {
      // Nothing of the bot's own environment: its token is no business of a codec.
      env: ALLOCATOR,
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const helper: Helper = { child, waiting: new Map(), pictures: 0, idle: null };
    const end = (why: string) => {
      if (running === helper) running = null;
      if (helper.idle !== null) clearTimeout(helper.idle);
      for (const { reject } of helper.waiting.values()) reject(new FitProcessEnded(why));
      helper.waiting.clear();
    };
    child.on('message', (answer: FitAnswer) => {
      helper.waiting.get(answer.id)?.resolve(answer);
      helper.waiting.delete(answer.id);
    });
    child.on('error', (error) => end(error.message));
    child.on('exit', (code, signal) => end(`it ended by ${signal ?? `exit code ${code}`}`));
    return helper;
  }

  async function call(helper: Helper, what: Unnumbered<FitCall>): Promise<FitAnswer> {
    const id = ++lastId;
    const answer = await new Promise<FitAnswer>((resolve, reject) => {
      helper.waiting.set(id, { resolve, reject });
      helper.child.send({ ...what, id }, (error) => {
        if (error !== null) reject(new FitProcessEnded(error.message));
      });
    });
    if (answer.failure === undefined) return answer;
    const { kind, message, details } = answer.failure;
    throw new Failure(kind, message, { details });
  }

  /** Counts who needs the process; while nobody does, it keeps nothing alive and soon ends. */
  function need(helper: Helper, change: 1 | -1): void {
    helper.pictures += change;
    if (helper.idle !== null) clearTimeout(helper.idle);
    helper.idle = null;
    if (helper.pictures > 0) {
      helper.child.ref();
      helper.child.channel?.ref();
      return;
    }
    helper.child.unref();
    helper.child.channel?.unref();
    helper.idle = setTimeout(() => {
      if (running === helper) running = null;
      if (helper.child.connected) helper.child.disconnect();
    }, idleMs);
    helper.idle.unref();
  }

  function borrow(): Helper {
    running ??= start();
    need(running, 1);
    return running;
  }

  return {
    async openPicture(image, limits) {
      const helper = borrow();
      try {
        const { id, facts } = await call(helper, { do: 'open', image, limits });
        if (facts === undefined) throw new Failure('internal', 'an opened picture has no facts');
        return {
          ...facts,
          async encode(encode, path) {
            await call(helper, { do: 'encode', picture: id, encode, path });
          },
          async close() {
            need(helper, -1);
            await call(helper, { do: 'close', picture: id }).catch(() => {});
          },
        };
      } catch (error) {
        need(helper, -1);
        throw error;
      }
    },
    async makeThumbnail(path) {
      const helper = borrow();
      try {
        const { thumbnail } = await call(helper, { do: 'thumbnail', path });
        if (thumbnail === undefined) throw new Failure('internal', 'no thumbnail came');
        return thumbnail;
      } finally {
        need(helper, -1);
      }
    },
  };
}
