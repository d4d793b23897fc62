/**
 * What a terminal or a viewer of logs may act upon, or not show: control characters (C0 with ESC,
 * DEL, C1), separators of lines and paragraphs, overrides of direction and other formatting, and
 * halves of surrogate pairs. Joiners stay: emoji and several scripts are written with them.
 */
const HOSTILE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]|(?![\u200C\u200D])\p{Cf}/gu;

/**
 * Makes text from outside (prompts, names, words of a provider or a proxy) harmless where an operator
 * reads it: what the terminal would act upon is written as `\u001b`, which is also how JSON has it,
 * so that a JSON text keeps its meaning.
 *
 * @param lines Whether line breaks and tabs stay. Without them nothing begins a line of its own.
 */
export function visible(text: string, { lines = false } = {}): string {
  return text.replace(HOSTILE, (found) =>
    lines && (found === '\n' || found === '\t') ? found : escapeUnits(found),
  );
}

/** As `visible`, for every string in a value that JSON can hold; names of members too. */
export function visibleIn(value: unknown): unknown {
  if (typeof value === 'string') return visible(value, { lines: true });
  if (Array.isArray(value)) return value.map(visibleIn);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, one]) => [visible(name), visibleIn(one)]);
  return Object.fromEntries(entries);
}

function escapeUnits(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    const unit = character.charCodeAt(index).toString(16).padStart(4, '0');
    return `\\u${unit}`;
  }).join('');
}
