import { globSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { parseSync } from '@swc/core';

/** What a reader keeps in mind at once. */
const MAX = { fileLines: 300, functionLines: 80, folderFiles: 15 } as const;

/** Catalogues of sentences: long by nature, and read one entry at a time. */
const CATALOGUES = /^src\/texts\/english[^/]*\.ts$/;

/** A comment with this in front of a longer function says why it is one. */
const REASON = `Over ${MAX.functionLines} lines:`;

/** Files whose name is a convention, or what people type (`/history`, `npm run backup`). */
const SHARED_NAMES = /(^|\/)(index|main)\.ts$|^(commands|src\/operator)\/[^/]+\.ts$/;

const FUNCTIONS: ReadonlySet<unknown> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ClassMethod',
  'PrivateMethod',
  'Constructor',
  'MethodProperty',
]);

/** Bytes from the start of the parsed text. */
interface Span {
  start: number;
  end: number;
}

/**
 * Holds files, functions and folders of src/ and commands/ to their sizes, and file names to being
 * the only ones of their name. Comments and empty lines count: they are read too.
 */
function main(): void {
  const files = globSync('{src,commands}/**/*.ts').sort();
  const faults = [
    ...files.flatMap((file) => checkFile(file)),
    ...checkFolders(files),
    ...checkNames(files),
  ];
  for (const fault of faults) process.stderr.write(`✘ ${fault}\n`);
  process.stdout.write(`${files.length} files measured, ${faults.length} faults\n`);
  if (files.length === 0 || faults.length > 0) process.exitCode = 1;
}

function checkFile(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const count = text.split('\n').length - 1;
  const isTooLong = count > MAX.fileLines && !CATALOGUES.test(file);
  return [
    ...(isTooLong ? [`${file}: ${count} lines, more than ${MAX.fileLines}`] : []),
    ...checkFunctions(file, text),
  ];
}

function checkFunctions(file: string, text: string): string[] {
  // swc counts on from one file to the next, and starts a module at its first token.
  const { span: first, body } = parseSync(`;${text}`, { syntax: 'typescript', target: 'esnext' });
  const bytes = Buffer.from(`;${text}`);
  const lineOf = (offset: number) =>
    bytes
      .subarray(0, offset - first.start)
      .toString()
      .split('\n').length;
  const lines = text.split('\n');
  return functionsIn(body).flatMap(({ start, end }) => {
    const from = lineOf(start);
    const count = lineOf(end) - from + 1;
    if (count <= MAX.functionLines || hasReason(lines, from - 1)) return [];
    return [`${file}:${from}: a function of ${count} lines, more than ${MAX.functionLines}`];
  });
}

function functionsIn(node: unknown): Span[] {
  if (Array.isArray(node)) return node.flatMap(functionsIn);
  if (typeof node !== 'object' || node === null) return [];
  const { type, span } = node as { type?: unknown; span?: Span };
  const inner = Object.values(node).flatMap(functionsIn);
  return FUNCTIONS.has(type) && span !== undefined ? [span, ...inner] : inner;
}

/** Whether the comment right above a line gives the reason. */
function hasReason(lines: readonly string[], index: number): boolean {
  for (let at = index - 1; /^\s*(\/\/|\/?\*)/.test(lines[at] ?? ''); at--) {
    if (lines[at]?.includes(REASON)) return true;
  }
  return false;
}

function checkFolders(files: readonly string[]): string[] {
  const sources = files.filter((file) => file.startsWith('src/'));
  return Object.entries(Object.groupBy(sources, (file) => dirname(file))).flatMap(
    ([folder, its = []]) =>
      its.length > MAX.folderFiles
        ? [`${folder}: ${its.length} files, more than ${MAX.folderFiles}`]
        : [],
  );
}

function checkNames(files: readonly string[]): string[] {
  const named = files.filter((file) => !SHARED_NAMES.test(file));
  return Object.values(Object.groupBy(named, (file) => basename(file))).flatMap((its = []) =>
    its.length > 1 ? [`one name for several files: ${its.join(', ')}`] : [],
  );
}

main();
