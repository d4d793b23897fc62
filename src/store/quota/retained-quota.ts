import type { FailureKind } from '../../domain.ts';

/** What is known of a generation at its end. Costs are in millionths of a dollar. */
export interface ConcludedRequest {
  /** `made` where its picture was whole, delivered or not; else why there is none. */
  end: 'made' | FailureKind;
  /** A request was sent to the model. */
  asked: boolean;
  /** Some request may have been charged for. */
  charged: boolean;
  /** The cost of each request is known. */
  accounted: boolean;
  /** What was estimated before the model was asked. */
  reservedMicros: number;
  /** The sum of what the requests were told to cost; null where nothing was told. */
  toldMicros: number | null;
}

/** What stays of a share; the rest goes back to the limits of the day. */
export interface RetainedQuota {
  picture: boolean;
  costMicros: number;
}

const NOTHING: RetainedQuota = { picture: false, costMicros: 0 };

/**
 * Ends that the person's own doing brought about after the model had worked: they keep the picture,
 * or a limit could be passed by asking for what is declined, again and again.
 */
const KEEPS_PICTURE: ReadonlySet<ConcludedRequest['end']> = new Set([
  'made',
  'cancelled',
  'refused_prompt',
  'refused_image',
  'no_image',
]);

/** Ends that the model came to by itself: what it told of its tokens is the whole of them. */
const TOLD_IN_FULL: ReadonlySet<ConcludedRequest['end']> = new Set([
  'made',
  'refused_prompt',
  'refused_image',
  'no_image',
]);

/**
 * Which share of its day a generation keeps when it has ended. What was asked of the model keeps
 * its share unless the model surely charged nothing:
 *
 * | end                                                | picture   | cost                       |
 * |----------------------------------------------------|-----------|----------------------------|
 * | never asked                                        | goes back | goes back                  |
 * | the picture was whole, delivered or not            | stays     | what was told              |
 * | cancelled by a person after it was asked           | stays     | the estimate, or more      |
 * | 429, 5xx, a refusal before the model showed work   | goes back | goes back                  |
 * | a refusal, or no picture, after the model's work   | stays     | what was told              |
 * | any other end after the model may have worked      | goes back | the estimate, or more      |
 *
 * "Or more": an answer that stops in the middle has told of its tokens so far, and the model may
 * go on without a listener; so the larger of both stays. Where nothing was told, the estimate is
 * what was told, and where one of several requests told nothing, the larger of both stays, too.
 */
export function retainedQuota(facts: ConcludedRequest): RetainedQuota {
  const { end, asked, charged, accounted, reservedMicros, toldMicros } = facts;
  const counts = end === 'cancelled' ? asked : end === 'made' || (asked && charged);
  if (!counts) return NOTHING;
  const isFull = TOLD_IN_FULL.has(end) && accounted && toldMicros !== null;
  return {
    picture: KEEPS_PICTURE.has(end),
    costMicros: isFull ? toldMicros : Math.max(reservedMicros, toldMicros ?? 0),
  };
}
