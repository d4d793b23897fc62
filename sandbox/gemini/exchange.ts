import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
import { type ModelEntry, nearestRatio, pixels, type Ratio, type Size } from './catalogue.ts';
import { type ParsedPrompt, readByteCount } from './directives.ts';
import { type ActiveDirectives, directivesAt, failureAskedFor } from './failures.ts';
import {
  arrayFraming,
  type ChunkBytes,
  createWriter,
  eventFraming,
  type Framing,
  objectFraming,
  type SocketWriter,
} from './framing.ts';
import type { PictureFormat } from './picture/geometry.ts';
import type { Painter } from './picture/painter.ts';
import { planAnswer } from './plan.ts';
import type { RequestRecord } from './record.ts';
import type { ReceivedRequest } from './request.ts';
import { googleError, type PlainAnswer } from './wire-error.ts';

/** The form of an answer: by its method and its `alt` parameter, unless a directive asks otherwise. */
export type AnswerForm = 'events' | 'array' | 'object';

export interface Exchange {
  record: RequestRecord;
  request: ReceivedRequest;
  parsedPrompt: ParsedPrompt;
  model: ModelEntry;
  form: AnswerForm;
  /** Tells it from equal requests that are under way as well; 0 for one alone. */
  duplicate: number;
  response: ServerResponse;
  /** Aborted when the other side leaves, or the server closes. */
  signal: AbortSignal;
}

export interface ExchangeTools {
  painter: Painter;
  pace(): number;
  format: PictureFormat;
  chunkBytes: ChunkBytes;
  now(): number;
  publish(file: Buffer, format: PictureFormat): string;
}

const HUGE_BYTES = 30_000_000;

/** Answers one request that was well formed; the record says how it ended. */
export async function answer(exchange: Exchange, tools: ExchangeTools): Promise<void> {
  const { record, model, response, signal, parsedPrompt } = exchange;
  const directives = directivesAt(record.attempt, parsedPrompt);
  if (directives.has('drop-connection')) {
    record.outcome = 'broken-off';
    response.destroy();
    return;
  }
  const { ratio, size } = shapeAskedFor(exchange.request, directives);
  if (size === '512' && model.family === 'pro') {
    sendPlain(exchange, googleError(400, 'Image size 512 is not supported for this model.'));
    return;
  }
  const failure = failureAskedFor(directives, model);
  if (failure !== null) {
    sendPlain(exchange, failure);
    return;
  }
  if (directives.has('silent') && directives.args('silent').includes('headers'))
    await aborted(signal);

  const writer = createWriter(response, signal, tools.chunkBytes);
  const framing = framingFor(exchange, directives, writer);
  record.status = 200;
  response.writeHead(200, { 'Content-Type': framing.contentType, 'Cache-Control': 'no-cache' });
  response.flushHeaders();

  const format = formatAskedFor(directives) ?? tools.format;
  const steps = planAnswer({
    context: {
      model,
      responseId: randomUUID(),
      createTime: new Date(tools.now()).toISOString(),
    },
    model,
    ratio,
    size,
    prompt: parsedPrompt.text,
    referenceCount: exchange.request.references.length,
    directives,
    pace: tools.pace(),
    format,
    signal,
    publish: (file) => tools.publish(file, format),
    paint: async (kind, index) => {
      const draft = kind === 'draft';
      const file = await tools.painter.paint({
        ...pixels(ratio, draft ? '512' : size),
        prompt: parsedPrompt.text,
        note: `${draft ? `draft ${index} · ` : ''}${model.id} · ${ratio} · ${size}`,
        format,
        references: exchange.request.references.map(({ data }) => data),
        seed: seedOf(exchange, index),
        draft,
        grain: directives.has('grain'),
        atLeastBytes: draft ? 0 : bytesAskedFor(directives),
      });
      // What is left starts like a picture, and is none.
      return directives.has('broken') ? file.subarray(0, 600) : file;
    },
  });
  try {
    for await (const step of steps) {
      if (step.do === 'raw') await framing.raw(step.text);
      if (step.do === 'send') {
        await framing.send(step.chunk, step.upTo);
        if (step.chunk.result && step.upTo === undefined) record.pictureSent = true;
      }
      if (step.do === 'break') {
        if (step.how === 'hang') await aborted(signal);
        record.outcome = 'broken-off';
        if (step.how === 'reset') response.destroy();
        else response.end();
        return;
      }
    }
    await framing.finish();
    response.end();
    await finished(response);
    record.outcome = 'sent';
  } finally {
    record.bytesWritten = writer.bytes();
  }
}

/** What the model makes of ratio and size: it follows its input where no ratio was asked for. */
function shapeAskedFor(
  { ratio, size, references: [first] }: ReceivedRequest,
  directives: ActiveDirectives,
): { ratio: Ratio; size: Size } {
  if (directives.has('square')) return { ratio: '1:1', size: '1K' };
  const followed = first === undefined ? '1:1' : nearestRatio(first);
  return { ratio: ratio ?? followed, size: size ?? '1K' };
}

/** Answers an error or another small body. */
export function sendPlain(
  { record, response }: Pick<Exchange, 'record' | 'response'>,
  plain: PlainAnswer,
): void {
  record.status = plain.status;
  record.outcome = 'error';
  record.bytesWritten = Buffer.byteLength(plain.body);
  response.writeHead(plain.status, { 'Content-Type': plain.contentType, ...plain.headers });
  response.end(plain.body);
}

/** The same prompt, ratio, size and references: another attempt at the same picture. */
export function attemptKey({ prompt, ratio, size, references }: ReceivedRequest): string {
  const identity = [prompt, ratio, size, ...references.map(({ sha256 }) => sha256)];
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex');
}

/** What makes one picture differ from another of the same prompt. */
function seedOf({ duplicate, request }: Exchange, index: number): string {
  const number = duplicate === 0 ? `${index}` : `${index} · ${duplicate}`;
  return [number, ...request.references.map(({ sha256 }) => sha256)].join('\n');
}

function framingFor(
  exchange: Exchange,
  directives: ActiveDirectives,
  writer: SocketWriter,
): Framing {
  if (exchange.form === 'object' || directives.has('object')) return objectFraming(writer);
  if (exchange.form === 'array' || directives.has('array')) return arrayFraming(writer);
  return eventFraming(writer, {
    newline: directives.has('crlf') ? '\r\n' : '\n',
    done: directives.has('done'),
    openEnd: directives.has('no-blank'),
  });
}

function formatAskedFor(directives: ActiveDirectives): PictureFormat | null {
  const asked = directives.args('format')[0]?.toLowerCase();
  if (asked === 'png' || asked === 'jpeg' || asked === 'webp') return asked;
  return asked === 'jpg' ? 'jpeg' : null;
}

function bytesAskedFor(directives: ActiveDirectives): number {
  const asked = readByteCount(directives.args('bytes')[0] ?? '') ?? 0;
  return Math.max(asked, directives.has('huge') ? HUGE_BYTES : 0);
}

/** Never resolves; rejects when the signal says so. */
async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}
