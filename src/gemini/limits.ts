import { Failure } from '../domain.ts';

/** How long to wait and how much to take, for one generation. */
export const DEFAULT_LIMITS = {
  /** Silence before the headers or between two chunks. A minute of nothing is normal. */
  idleTimeoutMs: 300_000,
  /** Silence after an answer has said how it ends: what may still come is only the usage. */
  settledTimeoutMs: 30_000,
  /**
   * Silence after a picture without an end, or an end without a picture. Gateways drop the flag of
   * a draft and finish too early, and a 4K picture takes up to 120 s.
   */
  unsettledTimeoutMs: 180_000,
  /** Silence after `[DONE]`; the end of the body follows at once, and keeps the connection. */
  doneTimeoutMs: 1_000,
  /** From the first attempt to the end, waiting included. */
  wholeTimeoutMs: 720_000,
  connectTimeoutMs: 15_000,
  /** For a picture that is given by address, all tries together. */
  fetchTimeoutMs: 120_000,
  /** Requests for one generation, those before a restart included. */
  attempts: 3,
  /** A wish to be left alone (Retry-After, RetryInfo) is honoured up to here; beyond it we give up. */
  retryAfterMaxMs: 60_000,
  /** Before the second attempt; doubles, and is spread by up to a half of itself either way. */
  backoffMs: 2_000,
  /** Everything that one answer may send. */
  responseBytes: 536_870_912,
  /** One write of a picture: as large as pays off, as small as many streams at once can afford; 96 at least. */
  blockBytes: 262_144,
  /** One decoded picture. A 4K PNG has up to about 30 MB. */
  pictureBytes: 67_108_864,
  /**
   * Characters of one run of base64 that is no picture; the rest of its string is passed over. Above
   * all signatures: 2.9 MB were seen beside one picture.
   */
  base64Length: 65_536,
  /** Everything of one response that is passed over so. */
  skippedBytes: 134_217_728,
  /** Pictures in one answer, drafts included. */
  pictures: 16,
  /** One document (an event, an element of an array) without its pictures. */
  documentBytes: 2_097_152,
  documents: 20_000,
  /** All parts of one answer. */
  parts: 20_000,
  /** All text of one answer, thoughts included, in characters. */
  textLength: 2_097_152,
  /** Nesting of one document. */
  depth: 64,
  /** The body of an answer that is an error. */
  errorBytes: 65_536,
  /** How long that body is waited for: its status says most of it already. */
  errorTimeoutMs: 10_000,
};

export type GeminiLimits = typeof DEFAULT_LIMITS;

/** The failure of a response that passes one of its bounds. */
export function overLimit(
  message: string,
  problem: 'too_large' | 'too_many' | 'too_deep' = 'too_large',
): Failure {
  return new Failure('bad_answer', message, { details: { problem } });
}
