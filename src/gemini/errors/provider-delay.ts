/** How long the other side asked to be left alone, in whatever form it said so. */

type Fields = Record<string, unknown>;

const UNIT_MS = { ms: 1, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 } as const;

/** Nobody asks for longer: whoever seems to means something else. */
const LONGEST_MS = 366 * UNIT_MS.d;

const AMOUNT =
  /(\d+(?:\.\d+)?) ?(ms|milliseconds?|d(?:ays?)?|h(?:ours?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?)(?![a-z])/;

/** `34.4s`, `1m5.2s`, `500.5ms`, `5 minutes`: amounts that follow each other. */
const DURATION = new RegExp(`(?:${AMOUNT.source}(?: and |, | ?))+`, 'i');

const IN_WORDS = new RegExp(
  `(?:(?:retry|try again|resets?|available(?: again)?) (?:in|after)|wait(?: for)?) (${DURATION.source})`,
  'i',
);
const CHINESE_AMOUNT = /(\d{1,6}) ?(天|小时|分钟?|秒)/;
const IN_CHINESE = new RegExp(
  `(?:等待 ?((?:${CHINESE_AMOUNT.source} ?){1,4})|((?:${CHINESE_AMOUNT.source} ?){1,4})[之以]?后)`,
);
const CHINESE_UNIT_MS: Readonly<Record<string, number>> = {
  秒: UNIT_MS.s,
  分: UNIT_MS.m,
  分钟: UNIT_MS.m,
  小时: UNIT_MS.h,
  天: UNIT_MS.d,
};

/** Longer than any delay is written; a pattern's time may grow with the square of the length. */
const DURATION_LENGTH = 100;

function readDuration(text: string): number | null {
  const amounts = [...text.slice(0, DURATION_LENGTH).matchAll(new RegExp(AMOUNT.source, 'gi'))];
  if (amounts.length === 0) return null;
  const ms = amounts.reduce((sum, [, amount, unit = 's']) => {
    const name = /^m(s|illi)/i.test(unit)
      ? 'ms'
      : (unit[0]?.toLowerCase() as 'd' | 'h' | 'm' | 's');
    return sum + Number(amount) * UNIT_MS[name];
  }, 0);
  return sane(ms);
}

/** Whole milliseconds; null for what is no delay that anybody can mean. */
function sane(ms: number): number | null {
  return ms >= 0 && ms <= LONGEST_MS ? Math.ceil(ms) : null;
}

/**
 * The wish in an error or its details: a RetryInfo's `"retryDelay": "34.4s"`. The protocol's other
 * encodings write `retry_delay`, or `{ "seconds": 9, "nanos": 0 }`, and gateways `retry_after`.
 */
export function delayInDetails(details: readonly Fields[]): number | null {
  for (const detail of details) {
    const delay =
      detail['retryDelay'] ??
      detail['retry_delay'] ??
      detail['retry_after'] ??
      detail['retryAfter'];
    const ms = readDelay(delay) ?? readMs(detail['retry_after_ms'] ?? detail['retryAfterMs']);
    if (ms !== null) return ms;
  }
  return null;
}

function readDelay(delay: unknown): number | null {
  if (typeof delay === 'number') return sane(delay * UNIT_MS.s);
  if (typeof delay === 'string') return readSeconds(delay) ?? readDuration(delay);
  if (typeof delay !== 'object' || delay === null) return null;
  const { seconds = 0, nanos = 0 } = delay as Fields;
  return sane(Math.max(0, Number(seconds) * UNIT_MS.s + Number(nanos) / 1_000_000));
}

function readMs(delay: unknown): number | null {
  const ms = Number(delay ?? Number.NaN);
  return Number.isFinite(ms) ? sane(ms) : null;
}

/** A bare number of seconds, as the header has it. */
function readSeconds(text: string): number | null {
  const bounded = text.slice(0, DURATION_LENGTH).trim();
  return /^\d+(\.\d+)?$/.test(bounded) ? sane(Number(bounded) * UNIT_MS.s) : null;
}

/** The wish in a message: "Please retry in 1m5.2s." */
export function delayInWords(message: string): number | null {
  const bounded = message.slice(0, 4_000);
  const duration = IN_WORDS.exec(bounded)?.[1];
  if (duration !== undefined) return readDuration(duration);
  const amounts = IN_CHINESE.exec(bounded)?.[0].matchAll(new RegExp(CHINESE_AMOUNT.source, 'g'));
  if (amounts === undefined) return null;
  return sane(
    [...amounts].reduce(
      (sum, [, n, unit = '']) => sum + Number(n) * (CHINESE_UNIT_MS[unit] ?? 0),
      0,
    ),
  );
}

/** The header's two forms: seconds, or a date. Null when it is neither. */
export function parseRetryAfter(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  const seconds = readSeconds(header);
  if (seconds !== null || /^[\d.]/.test(header.trim())) return seconds;
  const date = Date.parse(header.slice(0, DURATION_LENGTH));
  return Number.isNaN(date) ? null : sane(Math.max(0, date - now));
}

/** Both are wishes to be left alone: the longer one is the safe one to follow. */
export function longerDelay(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}
