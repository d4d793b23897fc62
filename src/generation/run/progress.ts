import type { ModelEvent } from '../../gemini/events.ts';
import { elapsedMs } from '../../store/moments.ts';
import { type Job, type RunDeps, workingState } from '../job.ts';
import type { LiveReply, WorkingState } from '../live-reply.ts';
import { createTranscript } from './transcript.ts';

/** Turns what a run does into states that its reply shows. */
export interface Progress {
  transcript: ReturnType<typeof createTranscript>;
  /** The run begins: from now on there is a bar, once there is a history. */
  begin(): Promise<void>;
  follow(event: ModelEvent): void;
  /** The last that this process shows of a generation that the next one goes on with. */
  pause(): Promise<void>;
}

/** `log` names the generation already. */
export function createProgress(
  job: Job,
  reply: LiveReply,
  {
    generations,
    makeThumbnail,
    report,
    log,
    now,
  }: Pick<RunDeps, 'generations' | 'makeThumbnail' | 'report' | 'log' | 'now'>,
): Progress {
  const transcript = createTranscript();
  if (job.image) transcript.add(job.image.transcript);
  const { id, request } = job.subject;
  const { model, size } = request;
  /** When the first request of this run went out; null before that. */
  let firstRequestAt: number | null = null;
  let state = workingState(job, 'preparing');
  let isDrawing = false;
  let newest: string | null = null;

  function show(change: Partial<WorkingState>): void {
    state = { ...state, ...change };
    reply.show(state);
  }

  function reportFirstThought(): void {
    const at = now();
    const sinceAskedMs = elapsedMs(job.askedAt, at);
    const sinceRequestMs = elapsedMs(firstRequestAt ?? at, at);
    report({ type: 'first_thought', id, model, size, sinceAskedMs, sinceRequestMs });
  }

  /**
   * Beside the stream: a draft that cannot be made small is no reason to stop reading. One at a
   * time, and of those that come meanwhile the newest, however many a model sends.
   */
  function showDraft(path: string): void {
    newest = path;
    if (isDrawing) return;
    isDrawing = true;
    void drawNewest().finally(() => {
      isDrawing = false;
    });
  }

  async function drawNewest(): Promise<void> {
    while (newest !== null) {
      const path = newest;
      newest = null;
      try {
        show({ draft: await makeThumbnail(path) });
      } catch (error) {
        log.debug({ err: error }, 'draft not shown');
      }
    }
  }

  return {
    transcript,
    async begin() {
      show({ runningSince: now() });
      show({ usualMs: await generations.usualDurationMs(model, size) });
    },
    follow(event) {
      switch (event.type) {
        case 'attempt':
          firstRequestAt ??= now();
          return show({ phase: 'thinking', retry: null });
        case 'waiting': {
          const { attempt, delayMs, kind } = event;
          log.info({ attempt, delayMs, kind }, 'the attempt failed, another follows');
          const retry = { attempt: attempt + 1, at: now() + delayMs, after: kind };
          return show({ phase: 'waiting', retry });
        }
        case 'thought':
          if (transcript.isEmpty) reportFirstThought();
          transcript.add(event.text);
          return show({ phase: 'thinking', thought: transcript.latest() });
        case 'draft':
          show({ phase: 'drawing' });
          return showDraft(event.image.path);
        case 'image':
          return show({ phase: 'drawing' });
        default:
          return;
      }
    },
    async pause() {
      await reply.suspend({ ...state, phase: 'paused', retry: null });
    },
  };
}
