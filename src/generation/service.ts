import { customAlphabet } from 'nanoid';
import { Failure, type GenerationRequest, type ReplyTarget } from '../domain.ts';
import type { OpenLiveReply } from './live-reply.ts';
import { type RunDeps, runGeneration } from './run.ts';

/** Takes requests in and sees each through to its end. */
export interface GenerationService {
  /** Starts a generation; its reply tells the rest. Returns its reference id. */
  submit(request: GenerationRequest, target: ReplyTarget): string;
  /**
   * Takes no new work and waits for what runs; after `timeoutMs` the rest ends as `interrupted`,
   * which its replies say.
   */
  drain(timeoutMs: number): Promise<void>;
  readonly running: number;
}

/** 60 random bits, in letters that are hard to misread; people read these ids to operators. */
const newId = customAlphabet('0123456789abcdefghjkmnpqrstvwxyz', 12);

export function createGenerationService(
  deps: RunDeps & { openLiveReply: OpenLiveReply },
): GenerationService {
  const shutdown = new AbortController();
  const runs = new Set<Promise<void>>();
  let draining = false;

  return {
    submit(request, target) {
      if (draining) throw new Failure('interrupted', 'shutting down');
      const id = newId();
      const { guildId, userId } = target;
      const { model, ratio, size } = request;
      deps.log.info(
        { id, guildId, userId, model, ratio, size, references: request.references.length },
        'accepted',
      );
      const job = { id, request, startedAt: deps.now() };
      const run = runGeneration(job, deps.openLiveReply(target), deps, shutdown.signal).finally(
        () => runs.delete(run),
      );
      runs.add(run);
      return id;
    },

    async drain(timeoutMs) {
      draining = true;
      const interrupt = setTimeout(() => {
        shutdown.abort(new Failure('interrupted', 'stopped before it was finished'));
      }, timeoutMs);
      await Promise.all(runs);
      clearTimeout(interrupt);
    },

    get running() {
      return runs.size;
    },
  };
}
