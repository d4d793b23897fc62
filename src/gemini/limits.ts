import { Failure } from '../domain.ts';

/** How long to wait and how much to take, for one generation. */
export interface GeminiLimits {
  /** Silence before the headers or between two chunks. A minute of nothing is normal. */
  idleTimeoutMs: number;
  /** Silence after an answer has said how it ends: what may still come is only the usage. */
  settledTimeoutMs: number;
  /**
   * Silence after a picture without an end, or an end without a picture. Gateways drop the flag of
   * a draft and finish too early, and a 4K picture takes up to 120 s.
   */
  unsettledTimeoutMs: number;
  /** Silence after `[DONE]`; the end of the body follows at once, and keeps the connection. */
  doneTimeoutMs: number;
  /** From the first attempt to the end, waiting included. */
  wholeTimeoutMs: number;
  connectTimeoutMs: number;
  /** For a picture that is given by address, all tries together. */
  fetchTimeoutMs: number;
  /** Requests for one generation, those before a restart included. */
  attempts: number;
  /** A wish to be left alone (Retry-After, RetryInfo) is honoured up to here; beyond it we give up. */
  retryAfterMaxMs: number;
  /** Before the second attempt; doubles, and is spread by up to a half of itself either way. */
  backoffMs: number;
  /** Everything that one answer may send. */
  responseBytes: number;
  /** One write of a picture: as large as pays off, as small as many streams at once can afford; 96 at least. */
  blockBytes: number;
  /** One decoded picture. A 4K PNG has up to about 30 MB. */
  pictureBytes: number;
  /**
   * Characters of one run of base64 that is no picture; the rest of its string is passed over. Above
   * all signatures: 2.9 MB were seen beside one picture.
   */
  base64Length: number;
  /** Everything of one response that is passed over so. */
  skippedBytes: number;
  /** Pictures in one answer, drafts included. */
  pictures: number;
  /** One document (an event, an element of an array) without its pictures. */
  documentBytes: number;
  documents: number;
  /** All parts of one answer. */
  parts: number;
  /** All text of one answer, thoughts included, in characters. */
  textLength: number;
  /** Nesting of one document. */
  depth: number;
  /** The body of an answer that is an error. */
  errorBytes: number;
  /** How long that body is waited for: its status says most of it already. */
  errorTimeoutMs: number;
}

export const DEFAULT_LIMITS = {
  idleTimeoutMs: 300_000,
  settledTimeoutMs: 30_000,
  unsettledTimeoutMs: 180_000,
  doneTimeoutMs: 1_000,
  wholeTimeoutMs: 720_000,
  connectTimeoutMs: 15_000,
  fetchTimeoutMs: 120_000,
  attempts: 3,
  retryAfterMaxMs: 60_000,
  backoffMs: 2_000,
  responseBytes: 536_870_912,
  blockBytes: 262_144,
  pictureBytes: 67_108_864,
  base64Length: 65_536,
  skippedBytes: 134_217_728,
  pictures: 16,
  documentBytes: 2_097_152,
  documents: 20_000,
  parts: 20_000,
  textLength: 2_097_152,
  depth: 64,
  errorBytes: 65_536,
  errorTimeoutMs: 10_000,
} satisfies GeminiLimits;

/** The failure of a response that passes one of its bounds. */
export function overLimit(
  message: string,
  problem: 'too_large' | 'too_many' | 'too_deep' = 'too_large',
): Failure {
  return new Failure('bad_answer', message, { details: { problem } });
}
