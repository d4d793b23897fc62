import type { ModelEvent } from '../../gemini/model-events.ts';
import { elapsedMs } from '../../store/moments.ts';
import { type Job, type RunDeps, workingState } from '../job.ts';
import type { LiveReply, WorkingState } from '../live-reply.ts';
import { createTranscript } from './transcript.ts';

type ProgressDeps = Pick<RunDeps, 'generations' | 'makeThumbnail' | 'report' | 'log' | 'now'>;

/** Turns what a run does into states that its reply shows. */
export class Progress {
  readonly transcript = createTranscript();
  readonly #job: Job;
  readonly #reply: LiveReply;
  readonly #deps: ProgressDeps;
  /** What the reply was shown last. */
  #state: WorkingState;
  /** When the first request of this run went out; null before that. */
  #firstRequestAt: number | null = null;
  /** The newest draft that is not shown yet: set as it arrives, cleared as it is made small. */
  #newestDraft: string | null = null;
  /** Whether a draft is being made small: one at a time. */
  #isDrawing = false;

  /** @param deps `log` names the generation already. */
  constructor(job: Job, reply: LiveReply, deps: ProgressDeps) {
    this.#job = job;
    this.#reply = reply;
    this.#deps = deps;
    this.#state = workingState(job, 'preparing');
    if (job.image) this.transcript.add(job.image.transcript);
  }

  /** The run begins: from now on there is a bar, once there is a history. */
  async begin(): Promise<void> {
    const { generations, now } = this.#deps;
    const { model, size } = this.#job.subject.request;
    this.#show({ runningSince: now() });
    this.#show({ usualMs: await generations.usualDurationMs(model, size) });
  }

  follow(event: ModelEvent): void {
    const { log, now } = this.#deps;
    switch (event.type) {
      case 'attempt':
        this.#firstRequestAt ??= now();
        this.#show({ phase: 'thinking', retry: null });
        break;
      case 'waiting': {
        const { attempt, delayMs, kind } = event;
        log.info({ attempt, delayMs, kind }, 'the attempt failed, another follows');
        const retry = { attempt: attempt + 1, at: now() + delayMs, after: kind };
        this.#show({ phase: 'waiting', retry });
        break;
      }
      case 'thought':
        if (this.transcript.isEmpty) this.#reportFirstThought();
        this.transcript.add(event.text);
        this.#show({ phase: 'thinking', thought: this.transcript.latest() });
        break;
      case 'draft':
        this.#show({ phase: 'drawing' });
        void this.#showDraft(event.image.path);
        break;
      case 'image':
        this.#show({ phase: 'drawing' });
    }
  }

  /** The last that this process shows of a generation that the next one goes on with. */
  async pause(): Promise<void> {
    await this.#reply.suspend({ ...this.#state, phase: 'paused', retry: null });
  }

  #show(change: Partial<WorkingState>): void {
    this.#state = { ...this.#state, ...change };
    this.#reply.show(this.#state);
  }

  #reportFirstThought(): void {
    const { report, now } = this.#deps;
    const { subject, askedAt } = this.#job;
    const { id, request } = subject;
    const at = now();
    const sinceAskedMs = elapsedMs(askedAt, at);
    const sinceRequestMs = elapsedMs(this.#firstRequestAt ?? at, at);
    const { model, size } = request;
    report({ type: 'first_thought', id, model, size, sinceAskedMs, sinceRequestMs });
  }

  /**
   * Beside the stream: a draft that cannot be made small is no reason to stop reading. One at a
   * time, and of those that come meanwhile the newest, however many a model sends. Never rejects.
   */
  async #showDraft(path: string): Promise<void> {
    const { makeThumbnail, log } = this.#deps;
    this.#newestDraft = path;
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    for (let next: string | null = path; next !== null; next = this.#newestDraft) {
      this.#newestDraft = null;
      try {
        this.#show({ draft: await makeThumbnail(next) });
      } catch (error) {
        log.debug({ err: error }, 'draft not shown');
      }
    }
    this.#isDrawing = false;
  }
}
