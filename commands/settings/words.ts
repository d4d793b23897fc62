import { countText } from '../../src/texts/amounts.ts';
import type { Texts } from '../../src/texts/english.ts';
import { escapeWords } from '../../src/texts/markdown.ts';
import type { BlockedWords } from '../../src/word-filter/blocked-words.ts';
import {
  LIST_COST,
  readExpression,
  sumWeights,
  type Weight,
} from '../../src/word-filter/word-list.ts';

/** How many lines of a list are named in what is said about it. */
const SHOWN_LINES = 5;

/** An expression of a list, with where it stands. */
interface WeighedLine {
  line: number;
  entry: string;
  weight: Weight;
}

/**
 * Why a list may not be saved, in words for people: what cannot be compiled, and what takes too
 * long. Null for a good one.
 *
 * @param lines The list as it was written, blank lines and all.
 * @param owner The server, whose lists take turns with those of others.
 */
export async function findListFault(
  lines: readonly string[],
  owner: string,
  blockedWords: Pick<BlockedWords, 'weigh'>,
  texts: Texts,
): Promise<string | null> {
  const { refused } = texts.settings;
  const weights = await blockedWords.weigh(lines, owner);
  if (weights === null) return refused.listTooSlow;
  const weighed = lines
    .map((entry, index) => ({ line: index + 1, entry }))
    .filter(({ entry }) => readExpression(entry) !== null)
    .map((at, index): WeighedLine => ({ ...at, weight: weights[index] ?? { instructions: 0 } }));

  const bad = weighed.flatMap((at) => {
    const problem = describeFault(at.weight, texts);
    return problem === null ? [] : [describeLine(at, problem, texts)];
  });
  if (bad.length > 0) return refused.badLines(bad.slice(0, SHOWN_LINES).join('\n'));

  const cost = sumWeights(weights);
  if (cost <= LIST_COST.together) return null;
  const costly = weighed
    .sort((a, b) => sumWeights([b.weight]) - sumWeights([a.weight]))
    .slice(0, SHOWN_LINES)
    .map((at) => describeLine(at, refused.costOf(countText(sumWeights([at.weight]))), texts));
  return refused.listTooCostly(countText(cost), countText(LIST_COST.together), costly.join('\n'));
}

/** What `/settings` says of a list that was saved before there was a limit; undefined for others. */
export async function noteOnList(
  list: readonly string[],
  owner: string,
  blockedWords: Pick<BlockedWords, 'weigh'>,
  { settings }: Texts,
): Promise<string | undefined> {
  const weights = await blockedWords.weigh(list, owner);
  const most = countText(LIST_COST.together);
  if (weights === null) return settings.costlyList('', most);
  const cost = sumWeights(weights);
  return cost > LIST_COST.together ? settings.costlyList(countText(cost), most) : undefined;
}

function describeFault(weight: Weight, { settings: { refused } }: Texts): string | null {
  if ('problem' in weight) return weight.problem;
  if (weight.instructions <= LIST_COST.each) return null;
  return refused.tooCostly(countText(weight.instructions), countText(LIST_COST.each));
}

function describeLine({ line, entry }: WeighedLine, what: string, texts: Texts): string {
  return texts.settings.refused.badLine(line, escapeWords(entry, 60), escapeWords(what, 120));
}
