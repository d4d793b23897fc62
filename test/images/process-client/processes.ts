import { readdir, readFile } from 'node:fs/promises';

/**
 * The processes that this one started, as Linux tells it. One that has not become its own program
 * yet is left out: whoever stops it there stops its parent, which waits for that step.
 */
export async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`);
  const lists = await Promise.all(
    threads.map((thread) =>
      readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => ''),
    ),
  );
  const parent = await commandLine(pid);
  const children = lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
  const lines = await Promise.all(children.map(commandLine));
  return children.filter((_, index) => lines[index] !== parent);
}

/** '' where it has ended. */
async function commandLine(pid: number): Promise<string> {
  return await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
}

/** Whether a process is no more, or only waits for its parent to take note. */
export async function isGone(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat === null || /\) [ZX] /.test(stat);
}
