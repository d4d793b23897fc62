import { RE2JS } from 're2js';
import { type ExpressionCost, expressionsOf, LIST_COST, totalCost } from './word-list.ts';

/**
 * Compiles expressions, which takes time that their authors decide: imported by the thread of
 * `expression-thread.ts`, and where a process starts.
 */

/** @throws Error with what is wrong, in RE2's words. */
export function compileExpression(expression: string): RE2JS {
  return RE2JS.compile(expression, RE2JS.CASE_INSENSITIVE);
}

export function measureCost(expression: string): ExpressionCost {
  try {
    return { instructions: compileExpression(expression).programSize() };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * What is wrong with the operator's list, in words for people; [] when it can be used. Compiles
 * here and now, so it is for the start of a process only.
 */
export function findListProblems(list: readonly string[]): string[] {
  const costs = list.flatMap((entry) => {
    const [expression] = expressionsOf([entry]);
    return expression === undefined ? [] : [{ entry, cost: measureCost(expression) }];
  });
  const problems = costs.flatMap(({ entry, cost }) => {
    const problem = describeProblem(cost);
    return problem === null ? [] : [`holds ${entry}, which cannot be used: ${problem}`];
  });
  const cost = totalCost(costs.map(({ cost }) => cost));
  if (cost <= LIST_COST.together) return problems;
  return [
    ...problems,
    `takes too long to check: its expressions cost ${cost} together, and ${LIST_COST.together} is the most. Shorten them, or write plain words instead`,
  ];
}

/** What is wrong with one expression, in words for people; null when it can be used. */
function describeProblem(cost: ExpressionCost): string | null {
  if ('problem' in cost) return cost.problem;
  if (cost.instructions <= LIST_COST.each) return null;
  return `it repeats too much (cost ${cost.instructions}, at most ${LIST_COST.each})`;
}
