/**
 * - `green`: as it should be
 * - `yellow`: the bot works, and something should be looked at, or could not be
 * - `red`: the bot does not start, or members get no pictures
 */
export type Colour = 'green' | 'yellow' | 'red';

/** One thing that the doctor looked at. */
export interface Finding {
  colour: Colour;
  /** What was looked at: one or two words. */
  subject: string;
  /** How it stands. Never holds a secret. */
  message: string;
  /** What to do about it. */
  hint?: string;
}

const finding =
  (colour: Colour) =>
  (subject: string, message: string, hint?: string): Finding => ({
    ...{ colour, subject, message },
    ...(hint === undefined ? {} : { hint }),
  });

export const green = finding('green');
export const yellow = finding('yellow');
export const red = finding('red');

/**
 * Why something failed, in a few words and without its address, which may hold a key: `fetch` keeps
 * the reason in its error's cause, with a code or with a few words such as "bad port".
 */
export function networkReason(error: unknown): string {
  let reason = 'unknown';
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
    if (at.name === 'TimeoutError') return 'no answer in time';
    // Only the innermost words are about the fault itself; an outer error may hold the address.
    reason = at === error ? at.name : at.message;
  }
  return reason;
}
