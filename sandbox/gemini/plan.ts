import { setTimeout as delay } from 'node:timers/promises';
import type { ModelEntry, Ratio, Size } from './catalogue.ts';
import {
  type ChunkContext,
  candidateChunk,
  placeholder,
  plainChunk,
  type ResponseChunk,
  usageOf,
} from './chunks.ts';
import type { ActiveDirectives } from './failures.ts';
import type { PictureFormat } from './picture/geometry.ts';
import { thoughtsFor } from './thoughts.ts';
import { googleErrorBody } from './wire-error.ts';

/** What happens next on an answer's way out. */
export type Step =
  | { do: 'send'; chunk: ResponseChunk /** Stop after this share of its bytes. */; upTo?: number }
  /** Text between the events, written as it is; left out where there are no events. */
  | { do: 'raw'; text: string }
  /** `end` closes the answer early but cleanly, `reset` destroys the socket, `hang` says no more. */
  | { do: 'break'; how: 'end' | 'reset' | 'hang' };

/** Everything that the course of an answer depends on. */
export interface PlanInput {
  context: ChunkContext;
  model: ModelEntry;
  ratio: Ratio;
  size: Size;
  /** Without its directives. */
  prompt: string;
  referenceCount: number;
  directives: ActiveDirectives;
  /** 1 is a person's pace, 0 as fast as possible. */
  pace: number;
  format: PictureFormat;
  signal: AbortSignal;
  /** Draws a picture; the number tells the pictures of one answer apart, 0 being the result. */
  paint(kind: 'draft' | 'result', index: number): Promise<Buffer>;
  /** Serves a file and gives its address. */
  publish(file: Buffer): string;
}

/** Usual milliseconds at pace 1, a fraction of what the real models take. */
const USUAL_MS = { '512': 3_500, '1K': 5_000, '2K': 7_000, '4K': 11_000 } as const;
const SLOW_SECONDS = 30;
/** Together 2.4 MB of text. */
const LONG_TEXT = { events: 400, charactersPerEvent: 6_000 } as const;
/** A viewer should be able to read one thought before the next comes. */
const THOUGHT_EVERY_MS = 1_200;

/** The course of one answer, step by step, with its pauses. */
export async function* planAnswer(input: PlanInput): AsyncGenerator<Step> {
  const { context, directives } = input;
  const totalMs = directives.has('slow')
    ? 1_000 * (Number(directives.args('slow')[0]) || SLOW_SECONDS)
    : USUAL_MS[input.size] * input.pace;
  const count = Math.max(4, Math.floor((totalMs * 0.7) / THOUGHT_EVERY_MS));
  const pauseMs = totalMs / (count + 2);
  const pause = async (share = 1): Promise<void> => {
    if (pauseMs * share > 0) await delay(pauseMs * share, undefined, { signal: input.signal });
  };

  if (directives.has('silent') && !directives.args('silent').includes('image')) {
    yield { do: 'break', how: 'hang' };
  }
  if (directives.has('refuse')) {
    await pause();
    yield* refusal(input);
    return;
  }
  // Drawing goes on while the thoughts are read.
  const drawing = finishWithout(input) === null ? input.paint('result', 0) : null;
  drawing?.catch(() => undefined);
  const thoughts = thoughtsFor(input.prompt, count, input.referenceCount > 0);
  for (const [index, thought] of thoughts.entries()) {
    await pause();
    yield { do: 'send', chunk: candidateChunk(context, [{ text: thought, thought: true }]) };
    if (directives.has('ping')) yield { do: 'raw', text: ': PING\n\n' };
    if (directives.has('sparse')) yield* sparseChunks(context);
    if (index === 1) yield* drafts(input);
  }
  await pause();
  yield* failureBeforePicture(directives);
  if (directives.has('long-text')) yield* longText(context);

  let answerText = '';
  const finish = finishWithout(input);
  if (finish !== null) {
    answerText = finish.answerText;
    const parts = answerText === '' ? [] : [{ text: answerText }];
    yield { do: 'send', chunk: candidateChunk(context, parts, finish) };
  } else {
    yield* pictures(input, await drawing);
  }
  if (!directives.has('no-usage')) {
    const { model, size, prompt, referenceCount: references } = input;
    const sent = finish === null ? (directives.has('two') ? 2 : 1) : 0;
    const usage = usageOf(model, {
      prompt,
      references,
      thoughts,
      answerText,
      size,
      pictures: sent,
    });
    yield {
      do: 'send',
      chunk: { body: { usageMetadata: usage }, files: new Map(), result: false },
    };
  }
}

/** The ways in which an answer finishes with no picture, or null when it has one. */
function finishWithout({
  directives,
}: PlanInput): { finishReason: string; finishMessage?: string; answerText: string } | null {
  if (directives.has('refuse-image')) {
    return {
      finishReason: 'IMAGE_SAFETY',
      finishMessage: 'Unable to show the generated image: it may go against the usage guidelines.',
      answerText: '',
    };
  }
  if (directives.has('text-only')) {
    return {
      finishReason: 'STOP',
      answerText: 'Tell me more about the picture that you have in mind.',
    };
  }
  if (directives.has('long-text')) return { finishReason: 'STOP', answerText: '' };
  if (directives.has('no-image')) return { finishReason: 'NO_IMAGE', answerText: '' };
  if (directives.has('finish')) {
    const finishReason = (directives.args('finish')[0] ?? 'OTHER').toUpperCase();
    return { finishReason, answerText: '' };
  }
  return null;
}

function* refusal({ context, prompt }: PlanInput): Generator<Step> {
  const promptTokenCount = Math.ceil(prompt.length / 4);
  const feedback = {
    blockReason: 'PROHIBITED_CONTENT',
    blockReasonMessage: 'The prompt was blocked because it may describe prohibited content.',
  };
  const usageMetadata = { promptTokenCount, totalTokenCount: promptTokenCount };
  yield { do: 'send', chunk: plainChunk(context, { promptFeedback: feedback, usageMetadata }) };
}

function* sparseChunks(context: ChunkContext): Generator<Step> {
  const shapes = [
    { candidates: null },
    { candidates: [{ content: {} }] },
    { candidates: [{ content: { role: 'model', parts: null } }] },
    { candidates: [{ content: { role: 'model', parts: [{ text: '' }] } }] },
    { candidates: [], usageMetadata: null },
  ];
  for (const members of shapes) yield { do: 'send', chunk: plainChunk(context, members) };
}

/** Thoughts and text that invite a reader to search them again and again. */
function* longText(context: ChunkContext): Generator<Step> {
  const pieces = [
    'A'.repeat(LONG_TEXT.charactersPerEvent),
    '**'.repeat(LONG_TEXT.charactersPerEvent / 2),
    '![data:image/png;base64 '.repeat(LONG_TEXT.charactersPerEvent / 24),
    '[](<\\`_'.repeat(LONG_TEXT.charactersPerEvent / 8),
  ];
  for (let event = 0; event < LONG_TEXT.events; event++) {
    const text = pieces[event % pieces.length] ?? '';
    yield { do: 'send', chunk: candidateChunk(context, [{ text, thought: event % 8 < 4 }]) };
  }
}

async function* drafts(input: PlanInput): AsyncGenerator<Step> {
  const flag = input.directives.has('unflagged') ? {} : { thought: true };
  if (!input.directives.has('draft') && !input.directives.has('unflagged')) return;
  for (const index of [1, 2]) {
    const file = await input.paint('draft', index);
    const files = new Map<string, Buffer>();
    const inlineData = { mimeType: `image/${input.format}`, data: placeholder(files, file) };
    const parts = [{ inlineData, ...flag }];
    // Without its flag a draft is a whole picture to whoever reads it.
    const result = input.directives.has('unflagged');
    yield { do: 'send', chunk: candidateChunk(input.context, parts, { files, result }) };
  }
}

function* failureBeforePicture(directives: ActiveDirectives): Generator<Step> {
  const overloaded = googleErrorBody(503, 'The model is overloaded. Please try again later.');
  if (directives.has('cut') && directives.args('cut').includes('before'))
    yield { do: 'break', how: 'end' };
  if (directives.has('garbage')) {
    yield { do: 'raw', text: 'data: {"candidates":[{"content":{"parts":[}}\n\n' };
    yield { do: 'break', how: 'end' };
  }
  if (directives.has('error-mid')) {
    yield { do: 'send', chunk: errorChunk(overloaded) };
    yield { do: 'break', how: 'end' };
  }
  if (directives.has('bare-error')) {
    yield { do: 'raw', text: `${JSON.stringify(overloaded, null, 2)}\n` };
    yield { do: 'break', how: 'end' };
  }
}

function errorChunk(body: Record<string, unknown>): ResponseChunk {
  return { body, files: new Map(), result: false };
}

/** The picture, or two, in the form that the prompt asks for. */
async function* pictures(input: PlanInput, result: Buffer | null): AsyncGenerator<Step> {
  const { context, directives } = input;
  if (directives.has('two')) {
    const { parts, files } = pictureParts(input, await input.paint('result', 1));
    yield { do: 'send', chunk: candidateChunk(context, parts, { files, result: true }) };
  }
  const { parts, files } = pictureParts(input, result ?? Buffer.alloc(0));
  const finish = directives.has('no-finish') ? {} : { finishReason: 'STOP' };
  const chunk = candidateChunk(context, parts, { files, result: true, ...finish });
  const halfway = directives.has('cut') && !directives.args('cut').includes('after');
  if (halfway || (directives.has('silent') && directives.args('silent').includes('image'))) {
    yield { do: 'send', chunk, upTo: 0.5 };
    const reset = directives.has('cut') && directives.args('cut').includes('reset');
    yield { do: 'break', how: directives.has('silent') ? 'hang' : reset ? 'reset' : 'end' };
  }
  if (directives.has('cut')) {
    // The whole picture, but neither a finishReason nor usage after it.
    const bare = candidateChunk(context, parts, { files, result: true });
    yield { do: 'send', chunk: bare };
    yield { do: 'break', how: 'end' };
  }
  yield { do: 'send', chunk };
  if (directives.has('error-after')) {
    const error = googleErrorBody(500, 'An internal error has occurred.');
    yield { do: 'send', chunk: errorChunk(error) };
    yield { do: 'break', how: 'end' };
  }
}

function pictureParts(
  { directives, format, publish }: PlanInput,
  file: Buffer,
): { parts: unknown[]; files: Map<string, Buffer> } {
  const files = new Map<string, Buffer>();
  const truth = `image/${format}`;
  const mimeType = directives.has('lie') ? (format === 'png' ? 'image/jpeg' : 'image/png') : truth;
  if (directives.has('url'))
    return { parts: [{ inlineData: { mimeType, data: publish(file) } }], files };
  if (directives.has('file-uri')) {
    return { parts: [{ fileData: { mimeType, fileUri: publish(file) } }], files };
  }
  const data = placeholder(files, file);
  if (directives.has('data-uri')) {
    return { parts: [{ text: `Here it is:\n\n![picture](data:${truth};base64,${data})` }], files };
  }
  const flag = directives.has('all-flagged') ? { thought: true } : {};
  const signature = directives.has('signature')
    ? { thoughtSignature: placeholder(files, Buffer.alloc(Math.round(file.length * 1.3), 0x5a)) }
    : {};
  const inline = directives.has('snake')
    ? { inline_data: { mime_type: mimeType, data } }
    : { inlineData: { mimeType, data } };
  return { parts: [{ ...inline, ...flag, ...signature }], files };
}
