type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Methods that may look at, or copy, all of the string that they are called on. */
const OF_STRINGS = [
  'lastIndexOf',
  'includes',
  'endsWith',
  'startsWith',
  'replaceAll',
  'split',
  'toLowerCase',
  'toUpperCase',
  'trim',
  'trimStart',
  'trimEnd',
  'concat',
  'toWellFormed',
  'normalize',
] as const;

/**
 * Runs something and counts its work on text: each call counts for as much as it may have to look
 * at. A search with an expression counts from where it begins to where its match ends, or to the end
 * of the text where there is none; `charCodeAt` counts for one.
 */
export async function countWork(run: () => unknown): Promise<number> {
  let characters = 0;
  const restore: (() => void)[] = [];
  const patch = (
    owner: object,
    name: string,
    count: (self: unknown, args: unknown[], result: unknown) => number,
  ) => {
    const target = owner as Record<string, Method>;
    const original = target[name] as Method;
    target[name] = function (this: unknown, ...args: unknown[]) {
      const result = original.apply(this, args);
      characters += count(this, args, result);
      return result;
    };
    restore.push(() => {
      target[name] = original;
    });
  };
  const lengthOf = (value: unknown) => (typeof value === 'string' ? value.length : 0);
  for (const name of OF_STRINGS) {
    patch(String.prototype, name, (self) => Number((self as { length: number }).length));
  }
  // A part of a text shares its memory: only what is done with it costs.
  for (const name of ['slice', 'substring']) {
    patch(String.prototype, name, (_, __, part) => lengthOf(part));
  }
  patch(String.prototype, 'indexOf', (self, [, from], at) => {
    const { length } = self as { length: number };
    return (at === -1 ? length : Number(at)) - Number(from ?? 0) + 1;
  });
  patch(String.prototype, 'charCodeAt', () => 1);
  patch(JSON, 'parse', (_, [text]) => lengthOf(text));
  patchExec((looked) => {
    characters += looked;
  }, restore);
  try {
    await run();
  } finally {
    for (const undo of restore.toReversed()) undo();
  }
  return characters;
}

/** Every search with an expression goes through its `exec` once that is not the built-in one. */
function patchExec(count: (characters: number) => void, restore: (() => void)[]): void {
  const { exec } = RegExp.prototype;
  RegExp.prototype.exec = function (this: RegExp, text: string) {
    const from = this.global || this.sticky ? this.lastIndex : 0;
    const match = exec.call(this, text);
    const length = String(text).length;
    if (match !== null) count(match.index + match[0].length - from + 1);
    else count(this.sticky ? 1 : Math.max(0, length - from) + 1);
    return match;
  };
  restore.push(() => {
    RegExp.prototype.exec = exec;
  });
}
