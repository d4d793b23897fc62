/** `npm run sandbox`: what it runs stands in `program.ts`, which needs more than the bot does. */

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
  process.stderr.write('The sandbox needs the development dependencies: run npm ci.\n');
  process.exitCode = 1;
  return null;
});
if (program !== null) process.exitCode = await program.runProgram(process.argv.slice(2));
