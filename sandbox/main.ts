#!/usr/bin/env node
/** The command line of the sandbox. A server installs the bot without its packages. */

/** A package, rather than a file of this repository, that is not there. */
function lacksPackage(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    error.message.startsWith('Cannot find package')
  );
}

const program = await import('./program.ts').catch((error: unknown) => {
  if (!lacksPackage(error)) throw error;
  process.stderr.write('The packages of the sandbox are not installed: run npm ci.\n');
  process.exitCode = 1;
  return null;
});
if (program !== null) process.exitCode = await program.runProgram(process.argv.slice(2));
