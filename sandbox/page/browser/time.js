/** Times as Discord writes them: `<t:…>` in its styles, and the clock of a message's head. */

const LOCALE = 'en-US';

/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const STYLES = {
  t: { timeStyle: 'short' },
  T: { timeStyle: 'medium' },
  d: { dateStyle: 'short' },
  D: { dateStyle: 'long' },
  f: { dateStyle: 'long', timeStyle: 'short' },
  F: { dateStyle: 'full', timeStyle: 'short' },
};

/** Each unit with its seconds, and how many of it are said before the next larger one. */
const UNITS = /** @type {const} */ ([
  ['second', 1, 60],
  ['minute', 60, 60],
  ['hour', 3_600, 24],
  ['day', 86_400, 30],
  ['month', 2_592_000, 12],
  ['year', 31_536_000, Number.POSITIVE_INFINITY],
]);

const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: 'auto' });

/** @param {number} epochMs @param {number} now */
export function relativeText(epochMs, now) {
  const seconds = Math.round((epochMs - now) / 1_000);
  for (const [unit, length, most] of UNITS) {
    const count = Math.trunc(seconds / length);
    if (Math.abs(count) < most) return relative.format(count, unit);
  }
  return '';
}

/** @param {number} epochMs @param {string} style one of Discord's letters */
export function timeText(epochMs, style, now = Date.now()) {
  if (style === 'R') return relativeText(epochMs, now);
  return new Date(epochMs).toLocaleString(LOCALE, STYLES[style] ?? STYLES.f);
}

/** "2:03 PM", with the day before it when it was not today. @param {string} timestamp */
export function headTime(timestamp) {
  const date = new Date(timestamp);
  const clock = date.toLocaleTimeString(LOCALE, { hour: 'numeric', minute: '2-digit' });
  const today = new Date().toDateString() === date.toDateString();
  return today ? clock : `${date.toLocaleDateString(LOCALE, { dateStyle: 'short' })} ${clock}`;
}

/** Keeps every relative time of the page true, without a render. */
export function startTicking() {
  setInterval(() => {
    const now = Date.now();
    for (const time of document.querySelectorAll('time[data-style="R"]')) {
      const text = relativeText(Number(time.getAttribute('data-ms')), now);
      if (time.textContent !== text) time.textContent = text;
    }
  }, 500);
}
