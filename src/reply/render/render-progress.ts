import type { WorkingState } from '../../generation/live-reply.ts';
import { relativeTime } from '../../texts/amounts.ts';
import type { Texts } from '../../texts/english.ts';
import { escapeWords, joined } from '../../texts/markdown.ts';

/** Characters shown of a thought; with the prompt they stay far below an embed's 6000. */
const SHOWN = { heading: 120, words: 320, line: 90 } as const;

/** The most that progress ever claims: how long a picture usually takes is no promise. */
const MAX_PART = 0.95;

const BAR_CELLS = 12;

/** Whether time alone changes how far along it is said to be. */
export function movesWithTime({ phase, runningSince, usualMs }: WorkingState): boolean {
  return runningSince !== null && usualMs !== null && usualMs > 0 && phase !== 'paused';
}

/** How long it has run against what is usual, from 0 to `MAX_PART`; null where nobody knows. */
function partDone(state: WorkingState, now: number): number | null {
  const { runningSince, usualMs } = state;
  if (runningSince === null || usualMs === null || !movesWithTime(state)) return null;
  return Math.min(Math.max(now - runningSince, 0) / usualMs, MAX_PART);
}

/** The newest thought with its heading, or what is done now. */
export function progressBlock(state: WorkingState, texts: Texts): string {
  const thought = shownThought(state);
  if (thought === null) return phaseText(state, texts);
  const heading = thought.heading && `**${escapeWords(thought.heading, SHOWN.heading)}**`;
  const words = thought.words && escapeWords(firstSentences(thought.words), SHOWN.words);
  return joined('\n', heading, words);
}

/** How far along it usually is by now, as a bar; '' without a history. */
export function progressBar(state: WorkingState, texts: Texts, now: number): string {
  const part = partDone(state, now);
  if (part === null || state.usualMs === null) return '';
  const full = Math.round(part * BAR_CELLS);
  const cells = `${'▰'.repeat(full)}${'▱'.repeat(BAR_CELLS - full)}`;
  return `-# ${cells} ${texts.working.usually(Math.max(1, Math.round(state.usualMs / 1_000)))}`;
}

/** The same on one line: a percentage, and the newest thought's heading or words. */
export function progressLine(state: WorkingState, texts: Texts, now: number): string {
  if (!isAtWork(state)) return phaseText(state, texts);
  const part = partDone(state, now);
  const percent = part === null ? '' : `${Math.round(part * 20) * 5} % · `;
  const thought = shownThought(state);
  const words = thought?.heading || thought?.words || '';
  return `${percent}${words ? escapeWords(words, SHOWN.line) : phaseText(state, texts)}`;
}

/** Whether the model is at work on it, or about to be. */
function isAtWork({ phase, retry }: WorkingState): boolean {
  const isWaiting = retry !== null || phase === 'queued' || phase === 'paused';
  return !isWaiting && phase !== 'unsaved' && phase !== 'undelivered';
}

function shownThought(state: WorkingState): WorkingState['thought'] {
  return isAtWork(state) && state.phase !== 'preparing' ? state.thought : null;
}

function phaseText({ phase, position, retry }: WorkingState, texts: Texts): string {
  const { working } = texts;
  if (phase === 'queued') return working.queued(position);
  if (phase === 'paused') return working.paused;
  if (phase === 'unsaved') return working.unsaved;
  if (phase === 'undelivered') return working.undelivered;
  if (retry) return working.waiting(retry.after, retry.attempt, relativeTime(retry.at));
  if (phase === 'preparing') return working.preparing;
  return phase === 'drawing' ? working.drawing : working.thinking;
}

/** A sentence or two: enough to see that it is alive, short enough to read while it changes. */
function firstSentences(words: string): string {
  const sentences = words.match(/[^.!?…]+(?:[.!?…]+["”’)]*|$)/gu) ?? [words];
  return sentences.slice(0, 2).join('').trim();
}
