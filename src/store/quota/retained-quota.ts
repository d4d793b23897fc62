import { type FailureKind, REFUSALS } from '../../domain.ts';

/** What is known of a generation at its end. Costs are in millionths of a dollar. */
export interface GenerationOutcome {
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
  /** The sum of the costs that responses reported; null where none did. */
  reportedMicros: number | null;
}

/** What stays counted in the limits of the day; the rest of the reservation goes back. */
export interface RetainedQuota {
  picture: boolean;
  costMicros: number;
}

const NOTHING: RetainedQuota = { picture: false, costMicros: 0 };

/**
 * Ends that the person's own doing brought about after the model had worked: they keep the picture,
 * or a limit could be passed by asking for what is declined, again and again.
 */
const KEEPS_PICTURE: ReadonlySet<GenerationOutcome['end']> = new Set([
  'made',
  'cancelled',
  ...REFUSALS,
]);

/** Ends that the model came to by itself: the tokens that it reported are all of them. */
const REPORTED_IN_FULL: ReadonlySet<GenerationOutcome['end']> = new Set(['made', ...REFUSALS]);

/**
 * What of its reservation a generation keeps when it has ended. What was asked of the model stays
 * counted unless the model surely charged nothing:
 *
 * | end                                                | picture   | cost                       |
 * |----------------------------------------------------|-----------|----------------------------|
 * | never asked                                        | goes back | goes back                  |
 * | the picture was whole, delivered or not            | stays     | what was reported          |
 * | cancelled by a person after it was asked           | stays     | the estimate, or more      |
 * | 429, 5xx, a refusal before the model showed work   | goes back | goes back                  |
 * | a refusal, or no picture, after the model's work   | stays     | what was reported          |
 * | any other end after the model may have worked      | goes back | the estimate, or more      |
 *
 * "Or more": a response that stops in the middle has reported its tokens so far, and the model may
 * go on without a listener; so the larger of both stays. Where nothing was reported, the estimate
 * stays, and where one of several requests reported nothing, the larger of both stays, too.
 */
export function retainedQuota(facts: GenerationOutcome): RetainedQuota {
  const { end, asked, charged, accounted, reservedMicros, reportedMicros } = facts;
  const counts = end === 'cancelled' ? asked : end === 'made' || (asked && charged);
  if (!counts) return NOTHING;
  const isFull = REPORTED_IN_FULL.has(end) && accounted && reportedMicros !== null;
  return {
    picture: KEEPS_PICTURE.has(end),
    costMicros: isFull ? reportedMicros : Math.max(reservedMicros, reportedMicros ?? 0),
  };
}
