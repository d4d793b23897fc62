import {
  Failure,
  type FailureDetails,
  type FailureKind,
  type ImageFile,
  REFUSALS,
  type RefusalKind,
  type Usage,
} from '../../domain.ts';
import { classifyProviderError, type Redact } from '../errors/classify.ts';
import { readErrorBody } from '../errors/error-body.ts';
import { isCode, type ProviderError } from '../errors/provider-error.ts';
import type { ModelDocument } from './document.ts';

/** Longer than any message can show. */
const WORDS_LENGTH = 4_000;

/** What was learnt from an answer so far. */
export class ResponseSummary {
  /** The newest whole picture without the thought flag. */
  image: ImageFile | null = null;
  /** The newest whole picture with it. */
  draft: ImageFile | null = null;
  /** The last usage with a total; until there is one, the last with any count. */
  usage: Usage | null = null;
  finishReason: string | null = null;
  finishMessage: string | null = null;
  blockReason: string | null = null;
  blockMessage: string | null = null;
  error: ProviderError | null = null;
  /** Why a picture, or a document that may have held one, could not be read. */
  broken: Failure | null = null;
  /** The last thing said was the usage alone, behind a whole picture. */
  endedWithUsage = false;
  /** The model's own text, thoughts left out, as far as it is worth showing. */
  words = '';
  /** Anything at all could be read. */
  understood = false;
  /** `[DONE]` was said. */
  done = false;

  addWords(text: string): void {
    this.words += text.slice(0, WORDS_LENGTH - this.words.length);
  }

  /** Notes everything of a document but its parts. Returns the usage when it is news. */
  addDocument(document: ModelDocument): Usage | null {
    this.understood = true;
    // Some gateways end every stream with a STOP of their own, a refused one as well.
    if (!isRefusal(this.finishReason) || isRefusal(document.finishReason)) {
      this.finishReason = document.finishReason ?? this.finishReason;
    }
    this.finishMessage = document.finishMessage ?? this.finishMessage;
    this.blockReason = document.blockReason || (this.blockReason ?? document.blockReason);
    this.blockMessage = document.blockMessage ?? this.blockMessage;
    this.error ??= document.error;
    const hasPicture = this.image !== null || this.draft !== null;
    if (document.says !== 'nothing') this.endedWithUsage = document.says === 'usage' && hasPicture;
    const { usage } = document;
    if (usage === null || (!usage.totalTokens && this.usage?.totalTokens)) return null;
    this.usage = usage;
    return usage;
  }
}

/**
 * Reasons of the safety, prohibition and recitation families, today's and those to come:
 * `IMAGE_SAFETY`, `PROHIBITED_CONTENT`, `IMAGE_RECITATION`, `BLOCKLIST`, `SPII`, `MODEL_ARMOR`…
 */
const REFUSAL = /SAFETY|PROHIBIT|RECITATION|BLOCK|SPII|JAILBREAK|MODEL_ARMOR|CONTENT_FILTER/i;

export function isRefusal(finishReason: string | null): boolean {
  return finishReason !== null && REFUSAL.test(finishReason);
}

/** How the reading of an answer came to its end. */
export interface ResponseEnd {
  /** What stopped it early, if something did. */
  failure: Failure | null;
  /** Something was there, but nothing that an answer can be: an HTML page, say. */
  isJunk: boolean;
  /** How the bytes began. */
  head: string;
}

const REFUSED: ReadonlySet<FailureKind> = new Set(REFUSALS);

const SOFT_ENDS: ReadonlySet<FailureKind> = new Set(['cut', 'timeout']);

/** The picture that an answer ends in. Throws the `Failure` that it ends in otherwise. */
export function judgeResponse(
  summary: ResponseSummary,
  end: ResponseEnd,
  redact: Redact,
): ImageFile {
  // Whatever follows a whole picture, it was made and paid for.
  if (summary.image !== null) return summary.image;
  // A connection that broke or fell silent leaves standing what was sentences before.
  if (end.failure !== null && !SOFT_ENDS.has(end.failure.kind)) throw end.failure;

  const refusal = (kind: RefusalKind, words: string, reason: string | null) =>
    new Failure(kind, `${words}: ${codeOf(reason)}`, {
      details: detailsOf(summary, reason, redact),
    });
  const { blockReason, finishReason } = summary;
  if (blockReason !== null) throw refusal('refused_prompt', 'the prompt was refused', blockReason);
  if (isRefusal(finishReason)) {
    throw refusal('refused_image', 'the picture was refused', finishReason);
  }
  if (summary.error !== null) throw classifyProviderError(summary.error, redact);
  if (summary.broken !== null) throw summary.broken;
  const isFinished = finishReason !== null || summary.endedWithUsage;
  if (isFinished && summary.draft !== null) return summary.draft;
  if (isFinished) throw refusal('no_image', 'finished without a picture', finishReason);
  if (end.failure !== null) throw end.failure;
  if (!end.isJunk || summary.understood) {
    throw new Failure('cut', 'the answer ended before it was complete');
  }
  // A gateway may tell a refusal in plain words, and nothing else is worth reading in them.
  const words = classifyProviderError(readErrorBody(200, end.head), redact);
  if (REFUSED.has(words.kind)) throw words;
  throw new Failure('bad_answer', 'the answer is neither an event stream nor JSON', {
    details: { problem: 'unreadable' },
  });
}

/** A reason for the log, where nothing but codes may go. */
function codeOf(reason: string | null): string {
  if (reason === null || reason === '') return 'unsaid';
  return isCode(reason) ? reason : 'not a code';
}

function detailsOf(
  summary: ResponseSummary,
  reason: string | null,
  redact: Redact,
): FailureDetails<RefusalKind> {
  const sentences = [summary.blockMessage, summary.finishMessage, summary.words.trim()]
    .filter((words) => words !== null && words !== '')
    .filter((words, index, all) => all.indexOf(words) === index);
  return {
    ...(reason === null || !isCode(reason) ? {} : { reason }),
    ...(sentences.length === 0
      ? {}
      : { words: redact(sentences.join('\n')).slice(0, WORDS_LENGTH) }),
  };
}
