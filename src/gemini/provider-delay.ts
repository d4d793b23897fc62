/** How long the other side asked to be left alone, in whatever form it said so. */

type Fields = Record<string, unknown>;

const UNIT_MS = { ms: 1, h: 3_600_000, m: 60_000, s: 1_000 } as const;

const AMOUNT =
  /(\d+(?:\.\d+)?) ?(ms|milliseconds?|h(?:ours?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?)(?![a-z])/;

/** `34.4s`, `1m5.2s`, `500.5ms`, `5 minutes`: amounts that follow each other. */
const DURATION = new RegExp(`(?:${AMOUNT.source} ?)+`, 'i');

const IN_WORDS = new RegExp(`retry (?:in|after) (${DURATION.source})`, 'i');

/** Longer than any delay is written; a pattern's time may grow with the square of the length. */
const DURATION_LENGTH = 100;

function readDuration(text: string): number | null {
  const amounts = [...text.slice(0, DURATION_LENGTH).matchAll(new RegExp(AMOUNT.source, 'gi'))];
  if (amounts.length === 0) return null;
  const ms = amounts.reduce((sum, [, amount, unit = 's']) => {
    const name = /^m(s|illi)/i.test(unit) ? 'ms' : (unit[0]?.toLowerCase() as 'h' | 'm' | 's');
    return sum + Number(amount) * UNIT_MS[name];
  }, 0);
  return Math.ceil(ms);
}

/**
 * The wish in an error's details: a RetryInfo's `"retryDelay": "34.4s"`. The protocol's other
 * encodings write `retry_delay`, or `{ "seconds": 9, "nanos": 0 }`.
 */
export function delayInDetails(details: readonly Fields[]): number | null {
  for (const detail of details) {
    const delay = detail['retryDelay'] ?? detail['retry_delay'];
    if (typeof delay === 'string') {
      const ms = readDuration(delay);
      if (ms !== null) return ms;
    } else if (typeof delay === 'object' && delay !== null) {
      const { seconds = 0, nanos = 0 } = delay as Fields;
      const ms = Math.ceil(Number(seconds) * 1_000 + Number(nanos) / 1_000_000);
      if (Number.isFinite(ms)) return Math.max(0, ms);
    }
  }
  return null;
}

/** The wish in a message: "Please retry in 1m5.2s." */
export function delayInWords(message: string): number | null {
  const said = IN_WORDS.exec(message.slice(0, 4_000));
  return said?.[1] === undefined ? null : readDuration(said[1]);
}

/** The header's two forms: seconds, or a date. Null when it is neither. */
export function parseRetryAfter(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  if (/^\d+(\.\d+)?$/.test(header.trim())) return Math.ceil(Number(header) * 1_000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** Both are wishes to be left alone: the longer one is the safe one to follow. */
export function longerDelay(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}
