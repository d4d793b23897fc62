/**
 * The thread of `expression-thread.ts`: compiles and matches expressions of servers, which are
 * nobody's but theirs to make slow. It knows no secret, and works for a few milliseconds at a time,
 * so that another server's turn comes.
 */
import { constants, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { RE2JS } from 're2js';
import type { ThreadAnswer, ThreadCall } from './expression-thread.ts';
import { compileExpression, measureCost } from './expressions.ts';
import type { ExpressionCost } from './word-list.ts';

// Whoever waits for an acknowledgement has less time than whoever waits for a verdict. Only Linux
// knows priorities of threads; elsewhere this would be the whole process's.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

/** What stays compiled: expressions, and instructions of all of them together. */
const MAX_KEPT = { expressions: 500, instructions: 20_000 } as const;

/** The one that was asked for longest ago comes first. */
const kept = new Map<string, RE2JS>();
let keptInstructions = 0;

function compiled(expression: string): RE2JS {
  const known = kept.get(expression);
  if (known !== undefined) {
    kept.delete(expression);
    kept.set(expression, known);
    return known;
  }
  const made = compileExpression(expression);
  kept.set(expression, made);
  keptInstructions += made.programSize();
  for (const [oldest, its] of kept) {
    if (kept.size <= MAX_KEPT.expressions && keptInstructions <= MAX_KEPT.instructions) break;
    keptInstructions -= its.programSize();
    kept.delete(oldest);
  }
  return made;
}

/**
 * Goes on with a call until its time is up, with one expression at least. Counted is the time of
 * the processor: on a machine that is busy with other things no list gets slower.
 */
function runSlice(call: ThreadCall): ThreadAnswer {
  const { expressions, texts, sliceMs } = call;
  const startedAt = process.threadCpuUsage();
  const spentMs = () => {
    const { user, system } = process.threadCpuUsage(startedAt);
    return (user + system) / 1_000;
  };
  const costs: ExpressionCost[] = [];
  let at = call.from;
  while (at < expressions.length) {
    const expression = expressions[at] ?? '';
    at++;
    if (texts === null) costs.push(measureCost(expression));
    // Without groups asked for it would build automata of megabytes; so it never does.
    else if (texts.some((text) => compiled(expression).matcher(text).find())) {
      return { next: null, found: true, costs, spentMs: spentMs() };
    }
    if (spentMs() >= sliceMs) break;
  }
  return { next: at < expressions.length ? at : null, found: false, costs, spentMs: spentMs() };
}

parentPort?.on('message', (call: ThreadCall) => {
  parentPort?.postMessage(runSlice(call));
});
