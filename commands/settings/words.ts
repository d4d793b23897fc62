import { countText } from '../../src/texts/amounts.ts';
import type { Texts } from '../../src/texts/english.ts';
import { escapeWords } from '../../src/texts/markdown.ts';
import type { BlockedWords } from '../../src/word-filter/blocked-words.ts';
import {
  type ExpressionCost,
  LIST_COST,
  readExpression,
  totalCost,
} from '../../src/word-filter/word-list.ts';

/** How many lines of a list are named in what is said about it. */
const SHOWN_LINES = 5;

/** An expression of a list, with where it stands. */
interface MeasuredLine {
  line: number;
  entry: string;
  cost: ExpressionCost;
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
  blockedWords: Pick<BlockedWords, 'measureCosts'>,
  texts: Texts,
): Promise<string | null> {
  const { refused } = texts.settings;
  const costs = await blockedWords.measureCosts(lines, owner);
  if (costs === null) return refused.listTooSlow;
  const measured = lines
    .map((entry, index) => ({ line: index + 1, entry }))
    .filter(({ entry }) => readExpression(entry) !== null)
    .map((at, index): MeasuredLine => ({ ...at, cost: costs[index] ?? { instructions: 0 } }));

  const bad = measured.flatMap((at) => {
    const problem = describeFault(at.cost, texts);
    return problem === null ? [] : [describeLine(at, problem, texts)];
  });
  if (bad.length > 0) return refused.badLines(bad.slice(0, SHOWN_LINES).join('\n'));

  const cost = totalCost(costs);
  if (cost <= LIST_COST.together) return null;
  const costly = measured
    .sort((a, b) => totalCost([b.cost]) - totalCost([a.cost]))
    .slice(0, SHOWN_LINES)
    .map((at) => describeLine(at, refused.costOf(countText(totalCost([at.cost]))), texts));
  return refused.listTooCostly(countText(cost), countText(LIST_COST.together), costly.join('\n'));
}

/** What `/settings` says of a list that was saved before there was a limit; undefined for others. */
export async function noteOnList(
  list: readonly string[],
  owner: string,
  blockedWords: Pick<BlockedWords, 'measureCosts'>,
  { settings }: Texts,
): Promise<string | undefined> {
  const costs = await blockedWords.measureCosts(list, owner);
  const most = countText(LIST_COST.together);
  if (costs === null) return settings.costlyList('', most);
  const cost = totalCost(costs);
  return cost > LIST_COST.together ? settings.costlyList(countText(cost), most) : undefined;
}

function describeFault(cost: ExpressionCost, { settings: { refused } }: Texts): string | null {
  if ('problem' in cost) return cost.problem;
  if (cost.instructions <= LIST_COST.each) return null;
  return refused.tooCostly(countText(cost.instructions), countText(LIST_COST.each));
}

function describeLine({ line, entry }: MeasuredLine, what: string, texts: Texts): string {
  return texts.settings.refused.badLine(line, escapeWords(entry, 60), escapeWords(what, 120));
}
